(module (import "\1b[31mred" "::error::x\0a" (func)) (func (export "\e2\80\ae")))
