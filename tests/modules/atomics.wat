;; features: atomics
;; the instructions alone, on a memory that is not shared
(module
  (memory 1)
  (func (export "run") (result i32)
    (i32.atomic.store (i32.const 0) (i32.const 40))
    (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 2)))
    (i32.atomic.load (i32.const 0))))
