(module
  (import "__wbindgen_placeholder__" "__wbindgen_throw" (func (param i32 i32)))
  (import "env" "emscripten_resize_heap" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "__wbindgen_describe_run")))
