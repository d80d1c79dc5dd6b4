;; features: bulk-memory
(module
  (memory 1)
  (data $d "\2a")
  (func (export "run") (result i32)
    (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))
    (data.drop $d)
    (i32.load8_u (i32.const 0))))
