;; features: bulk-memory
(module
  (table 2 funcref)
  (elem $e func $answer)
  (func $answer (result i32) (i32.const 42))
  (func (export "run") (result i32)
    (table.init $e (i32.const 1) (i32.const 0) (i32.const 1))
    (elem.drop $e)
    (call_indirect (result i32) (i32.const 1))))
