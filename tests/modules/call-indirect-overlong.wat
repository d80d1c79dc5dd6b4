;; features: call-indirect-overlong reference-types
(module
  (table $first 1 funcref)
  (table $second 1 funcref)
  (elem (table $first) (i32.const 0) func $wrong)
  (elem (table $second) (i32.const 0) func $answer)
  (func $wrong (result i32) (i32.const 0))
  (func $answer (result i32) (i32.const 42))
  (func (export "run") (result i32)
    (call_indirect $second (result i32) (i32.const 0))))
