;; features: simd128
(module
  (func (export "run") (result i32)
    (i32x4.extract_lane 3 (i32x4.add (v128.const i32x4 1 2 3 40) (i32x4.splat (i32.const 2))))))
