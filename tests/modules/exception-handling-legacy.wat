;; features: exception-handling exception-handling-legacy
(module
  (tag $t (param i32))
  (func (export "run") (result i32)
    (try (result i32)
      (do (throw $t (i32.const 42)))
      (catch $t))))
