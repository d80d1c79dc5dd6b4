;; No name section, but exports with symbols of Rust's two manglings and of C++.
(module
  (memory (export "memory") 1)
  (memory 1)
  (func (export "_RNvMNtC6memchr3oneNtB2_3One4find") (param i32) (result i32)
    (i32.load 1 (local.get 0)))
  (func (export "_ZN58_$LT$alloc..string..String$u20$as$u20$core..fmt..Write$GT$9write_str17h0123456789abcdefE")
    (param i32) (result i32)
    (atomic.fence) (i32.load 1 (local.get 0)))
  (func (export "_ZN4simd3sumEPKfi") (result v128)
    (f32x4.relaxed_madd (v128.const i64x2 0 0) (v128.const i64x2 0 0) (v128.const i64x2 0 0))))
