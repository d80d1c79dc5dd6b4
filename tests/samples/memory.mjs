// usage: node memory.mjs MODULE: calls edge_alloc and edge_handle as the glue does, with messages of many sizes, and
// prints the memory's pages after the first round and after the last.
import { readFileSync } from "node:fs";

const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(process.argv[2])), {});
exports._initialize?.();

function ask(body) {
  const message = Buffer.concat([Buffer.from("POST /denoise HTTP/1.1\r\nHost: here\r\n\r\n"), body]);
  const at = exports.edge_alloc(message.length) >>> 0;
  new Uint8Array(exports.memory.buffer, at, message.length).set(message);
  exports.edge_handle(at, message.length);
}

const head = Buffer.from("P6\n500 500\n255\n");
const bodies = [0, 10, 750000, 1 << 20, 4 << 20, 8 << 20].map((size) => Buffer.concat([head, Buffer.alloc(size)]));
const pages = [];
for (let round = 0; round < 12; round++) {
  for (const body of bodies) ask(body);
  pages.push(exports.memory.buffer.byteLength >> 16);
}
console.log(JSON.stringify([pages[1], pages.at(-1)]));
