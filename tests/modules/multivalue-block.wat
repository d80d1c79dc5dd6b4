;; features: multivalue
(module
  (func (export "run") (result i32)
    (i32.const 40)
    (block (param i32) (result i32) (i32.add (i32.const 2)))))
