(module
  (memory (export "memory") 1)
  (func (export "_start"))
  (func (export "_initialize"))
  (func (export "resize") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "__alloc") (result i32) (i32.const 8))
  (global (export "counter") i32 (i32.const 5))
  (func (export "rotate") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3))))
