;; features: mutable-globals
;; needs: env.g, a mutable i32 that holds 42
(module
  (import "env" "g" (global $g (mut i32)))
  (func (export "run") (result i32) (global.get $g)))
