// The module as a part of the Worker, as it is deployed. `supplied` is imported by what stands before.
import module from "./module.wasm";

export default {
  test() {
    console.log(`${TOKEN}${JSON.stringify(attempt(module, supplied))}`);
  },
};
