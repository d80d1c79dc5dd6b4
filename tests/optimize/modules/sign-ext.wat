;; lower: sign-ext; by: --signext-lowering; with: 24; without: 10
;; Every byte and every short, and 64 bits as two halves: an old engine has none at its boundary.
(module
  (memory (export "memory") 5)
  (func $half (param i64) (result i32)
    (i32.xor (i32.wrap_i64 (local.get 0)) (i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 32)))))
  (func (export "e8") (param i32) (result i32) (i32.extend8_s (local.get 0)))
  (func (export "e16") (param i32) (result i32) (i32.extend16_s (local.get 0)))
  (func $wide (param i32) (result i64)
    (i64.or (i64.extend_i32_u (local.get 0)) (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 33))))
  (func (export "l8") (param i32) (result i32) (call $half (i64.extend8_s (call $wide (local.get 0)))))
  (func (export "l16") (param i32) (result i32) (call $half (i64.extend16_s (call $wide (local.get 0)))))
  (func (export "l32") (param i32) (result i32) (call $half (i64.extend32_s (call $wide (local.get 0)))))
  (func (export "all") (local $i i32)
    (loop $more
      (i32.store (i32.shl (local.get $i) (i32.const 2))
        (i32.add (i32.mul (i32.extend8_s (local.get $i)) (i32.const 7))
          (i32.xor (i32.extend16_s (local.get $i)) (call $half (i64.extend8_s (i64.extend_i32_s (local.get $i)))))))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 65536))))))
