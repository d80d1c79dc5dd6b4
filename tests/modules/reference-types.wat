;; features: reference-types
(module
  (table $t 2 externref)
  (func (export "run") (result i32)
    (i32.add (i32.const 41) (ref.is_null (table.get $t (i32.const 1))))))
