;; lower: multimemory bulk-memory bulk-memory-opt sign-ext; by: --multi-memory-lowering --llvm-memory-copy-fill-lowering --signext-lowering; with: 24; without: 10
;; What the first pass brings in the second takes away.
(module
  (memory $a (export "memory") 1)
  (memory $b 1)
  (data (memory $b) (i32.const 0) "behind")
  (func (export "grow") (result i32) (memory.grow $b (i32.const 1)))
  (func (export "peek") (param i32) (result i32) (i32.load $b (i32.extend8_s (i32.and (local.get 0) (i32.const 0x7c))))))
