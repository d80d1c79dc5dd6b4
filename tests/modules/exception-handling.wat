;; features: exception-handling
;; a tag and a throw, of neither encoding
(module
  (tag $t (param i32))
  (func $never (throw $t (i32.const 1)))
  (func (export "run") (result i32) (i32.const 42)))
