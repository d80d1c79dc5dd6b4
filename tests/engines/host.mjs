// What runs a probe in a JavaScript engine: "runs", or the engine's own words.

// Whatever the probes import. A builtin is supplied as JavaScript can, where the engine has none.
function imports() {
  const number = new WebAssembly.Global({ value: "i32", mutable: true }, 42);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
  return {
    env: { g: number, memory, i64: (x) => x + 1n, i1: () => 40, i2: () => 2, asyncval: () => 40 },
    a: { b: number },
    _: { hello: "hello" },
    "wasm:js-string": { length: (text) => text.length, test: () => 1 },
    wasi_snapshot_preview1: { fd_write: () => 42 },
  };
}

const words = (error) => `${error.name}: ${String(error.message).split("\n")[0]}`;

export function compile(bytes) {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    return words(error);
  }
}

export function run(module) {
  if (typeof module === "string") return module;
  try {
    const { exports } = new WebAssembly.Instance(module, imports());
    const answer = exports.run ? exports.run("x".repeat(42)) : 42;
    return answer === 42 ? "runs" : `answers ${answer}`;
  } catch (error) {
    return words(error);
  }
}
