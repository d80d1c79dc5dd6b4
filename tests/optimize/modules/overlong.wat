;; lower: call-indirect-overlong; by: (encoded anew); with: 24; without: 10
;; overlong
(module
  (type $t (func (result i32)))
  (table 2 funcref)
  (elem (i32.const 0) $one $two)
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (func (export "call") (param i32) (result i32) (call_indirect (type $t) (local.get 0))))
