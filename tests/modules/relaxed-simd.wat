;; features: simd128 relaxed-simd
(module
  (func (export "run") (result i32)
    (i8x16.extract_lane_u 0
      (i8x16.relaxed_swizzle (i8x16.splat (i32.const 42)) (v128.const i64x2 0 0)))))
