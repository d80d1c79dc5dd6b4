(module (memory (export "memory") 1) (memory 1) (func (export "_start") (drop (i32.load (memory 1) (i32.const 0)))))
