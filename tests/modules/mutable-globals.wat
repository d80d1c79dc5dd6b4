;; features: mutable-globals
(module
  (global $g (export "g") (mut i32) (i32.const 41))
  (func (export "run") (result i32)
    (global.set $g (i32.add (global.get $g) (i32.const 1)))
    (global.get $g)))
