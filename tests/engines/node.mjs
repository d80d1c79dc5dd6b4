// Every probe in this Node: {name: base64} on standard input, {name: "runs" or the engine's words} out.
// Instead of its bytes {"file": PATH} names a module whose imports we do not have: it is only compiled.
import { readFileSync } from "node:fs";
import { compile, run } from "./host.mjs";

const probes = Object.entries(JSON.parse(readFileSync(0, "utf8")));
const compiles = (module) => (typeof module === "string" ? module : "runs");
const ask = (probe) =>
  probe.file ? compiles(compile(readFileSync(probe.file))) : run(compile(Buffer.from(probe, "base64")));
const answers = probes.map(([name, probe]) => [name, ask(probe)]);
console.log(JSON.stringify(Object.fromEntries(answers)));
