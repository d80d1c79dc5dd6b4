(module
  (memory (export "memory") 1 2 shared)
  (func (export "_start") (i32.atomic.store (i32.const 0) (i32.const 1))))
