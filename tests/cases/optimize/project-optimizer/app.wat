(module
  (memory (export "memory") 1)
  (func $helper (param i32) (result i32)
    (i32.add (local.get 0) (i32.const 0)))
  (func (export "run") (param i32) (result i32)
    (block $out (br $out) (drop (i32.const 1)))
    (drop (i32.add (i32.const 1) (i32.const 2)))
    (call $helper (call $helper (local.get 0)))))
