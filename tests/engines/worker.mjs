// Every probe in workerd, from bytes: compiled at global scope, where that is allowed, and run in an event.
import { compile, run } from "host.mjs";
import probes from "probes.json";

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const modules = Object.entries(probes).map(([name, text]) => [name, compile(bytes(text))]);

export default {
  test() {
    console.log(JSON.stringify(Object.fromEntries(modules.map(([name, module]) => [name, run(module)]))));
  },
};
