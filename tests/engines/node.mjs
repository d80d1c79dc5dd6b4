// Every probe in this Node: {name: base64} on standard input, {name: "runs" or the engine's words} out.
import { readFileSync } from "node:fs";
import { compile, run } from "./host.mjs";

const probes = Object.entries(JSON.parse(readFileSync(0, "utf8")));
const answers = probes.map(([name, text]) => [name, run(compile(Buffer.from(text, "base64")))]);
console.log(JSON.stringify(Object.fromEntries(answers)));
