// Behind host.mjs: a module without an entry, instantiated with stubs; nothing in it is called.
import module from "./module.wasm";

export default {
  fetch() {
    const { stage, said } = attempt(module, {});
    return new Response(said || "", { status: stage === "runs" ? 200 : 598 });
  },
};
