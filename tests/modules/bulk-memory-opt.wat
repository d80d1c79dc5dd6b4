;; features: bulk-memory-opt
(module
  (memory 1)
  (func (export "run") (result i32)
    (memory.fill (i32.const 8) (i32.const 42) (i32.const 4))
    (memory.copy (i32.const 0) (i32.const 8) (i32.const 4))
    (i32.load8_u (i32.const 3))))
