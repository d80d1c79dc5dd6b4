// The module from its bytes, compiled where the runtime allows it: its refusal can be told from others.
import bytes from "./module.wasm";

const { module, ...failure } = compile(bytes);

export default {
  test() {
    console.log(`${TOKEN}${JSON.stringify(module ? attempt(module, supplied) : failure)}`);
  },
};
