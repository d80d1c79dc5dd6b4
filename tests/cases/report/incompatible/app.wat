(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func $_ZN6memchr6memmem8searcher8Searcher4find17h0123456789abcdefE (param i32) (result i32)
    (i8x16.extract_lane_s 0
      (i8x16.relaxed_swizzle (v128.load (local.get 0)) (v128.load offset=16 (local.get 0)))))
  (func $_ZN5hello4main17hfedcba9876543210E (export "_start")
    (drop (call $_ZN6memchr6memmem8searcher8Searcher4find17h0123456789abcdefE (i32.const 64)))))
