(module
  (import "env" "a" (global (mut i32)))
  (memory (export "memory") 1 2 shared)
  (data $d "x")
  (global (export "b") (mut i32) (i32.const 0))
  (func (export "run") (result i32)
    (data.drop $d)
    (i32.atomic.load (i32.const 0))))
