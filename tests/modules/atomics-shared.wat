;; features: atomics
;; a shared memory alone
(module
  (memory 1 1 shared)
  (func (export "run") (result i32)
    (i32.store (i32.const 0) (i32.const 42))
    (i32.load (i32.const 0))))
