;; features: nontrapping-fptoint
(module
  (func (export "run") (result i32)
    (i32.add (i32.trunc_sat_f64_u (f64.const -1e300)) (i32.const 42))))
