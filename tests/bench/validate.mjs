// Times the engine's own validation of a module that is in memory: validate.mjs RUNS FILE prints
// the least and the median processor time in nanoseconds.
import { readFileSync } from "node:fs";

const [, , runs, path] = process.argv;
const bytes = readFileSync(path);
const times = [];
for (let i = 0; i < Number(runs); i++) {
  const start = process.cpuUsage();
  const valid = WebAssembly.validate(bytes);
  const used = process.cpuUsage(start);
  times.push((used.user + used.system) * 1000);
  if (!valid) {
    console.log("validate refused:");
    process.exit(0);
  }
}
times.sort((a, b) => a - b);
console.log(`validate ${times[0]} ${times[times.length >> 1]}`);
