// Turns the colours of a PNG over, with the codec of @jsquash/png (Rust's png crate).
import { initSync, decode, encode } from "./squoosh_png.js";

export function start(module) {
  initSync(module);
}

export function invert(bytes) {
  const { data, width, height } = decode(bytes);
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).map((value, i) => (i % 4 === 3 ? value : 255 - value));
  return encode(pixels, width, height, 8);
}
