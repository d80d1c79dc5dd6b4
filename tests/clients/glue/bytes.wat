;; HTTP bytes by hand: answers 200 with the request as the body, behind a counter that shows whether the instance was
;; kept; traps when the path begins with /t, answers outside memory on /o, no status line on /m.
(module
  (memory (export "memory") 1)
  (global $calls (mut i32) (i32.const 48))
  (data (i32.const 0) "HTTP/1.1 200 OK\0d\0aContent-Type: application/octet-stream\0d\0aSet-Cookie: a=1\0d\0aSet-Cookie: b=2\0d\0aX-Calls: 0\0d\0a\0d\0a")
  (global $head i32 (i32.const 105))
  (func (export "edge_alloc") (param $size i32) (result i32)
    (local $need i32)
    ;; grows on purpose, so that a view taken before is stale
    (local.set $need (i32.add (i32.const 1) (i32.shr_u (i32.add (local.get $size) (i32.const 1024)) (i32.const 16))))
    (if (i32.lt_u (memory.size) (local.get $need))
      (then (drop (memory.grow (i32.sub (local.get $need) (memory.size))))))
    (i32.const 105))
  (func (export "edge_handle") (param $at i32) (param $size i32) (result i64)
    (local $path i32)
    ;; the path begins behind the first space
    (local.set $path (local.get $at))
    (loop $next
      (local.set $path (i32.add (local.get $path) (i32.const 1)))
      (br_if $next (i32.ne (i32.load8_u (local.get $path)) (i32.const 32))))
    (local.set $path (i32.load8_u offset=2 (local.get $path)))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.store8 (i32.const 100) (global.get $calls))
    (if (i32.eq (local.get $path) (i32.const 0x74)) (then (unreachable)))
    (if (i32.eq (local.get $path) (i32.const 0x6f)) (then (return (i64.const -1))))
    (if (i32.eq (local.get $path) (i32.const 0x6d)) (then (return (i64.const 0x0000000900000064))))
    (i64.extend_i32_u (i32.add (global.get $head) (local.get $size)))))
