// One function of a package by its own JavaScript: prints the SHA-256 of what it gives. prune.mjs NAME FOLDER,
// the package unpacked. prune.py calls it with the package's module and with the pruned one in its place.
import crypto from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import zlib from "node:zlib";

const [name, folder] = process.argv.slice(2);
const at = (file) => path.join(path.resolve(folder), file);
const load = (file) => import(pathToFileURL(at(file)));
const require = createRequire(import.meta.url);
const text = Buffer.from(Array.from({ length: 200 }, (_, i) => `line ${(i * i) % 97} of a text that repeats\n`).join(""));

// The text, compressed by @bokuweb/zstd-wasm 0.0.27.
const FRAME = ["KLUv/WAWF6UIAJJHFRWgGdoAbK9f7ukA4E7k5pa0KezdagXOqr35wjT78gydWHL9x9bcJxKVIR4dh5Vb9bRRx9mWN90VuVjPuo3erAIUJUAQJDEl",
  "MChTFqRMYASHGUMMhEJ4qBFC3/8OAGNkZsgDEkgQ+P9rffz6vwG6mV1yCEHzJDFUFBYw7JFmdCEBicQpSGFnFBUY+8x1SDITeg/Mn1aCxdd3Ll8M",
  "hBIZSUaQVDkSYwR5TyISagiWEAAQBxTvG+hA7EOyM7eIw1n0kLBdclmamt/ocvHhfGgAYMKjkAhRZToj5D8W6YFyeDVrLKK1lw4eg7Vf2EijkWPO",
  "2LHD5XaTBUEJs2YtP7jeVYTOQEDnF8aARZrXP17kYwDkKg=="].join("");

function chunk(type, data) {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, "latin1");
  data.copy(out, 8);
  out.writeUInt32BE(crc(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

function crc(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let i = 0; i < 8; i++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return (value ^ 0xffffffff) >>> 0;
}

// 64 by 48 pixels of RGBA.
function png() {
  const rows = Buffer.concat(Array.from({ length: 48 }, (_, y) =>
    Buffer.from([0, ...Array.from({ length: 256 }, (_, x) => (x * 3 + y * 7) & 255)])));
  const head = Buffer.from([0, 0, 0, 64, 0, 0, 0, 48, 8, 6, 0, 0, 0]);
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head),
    chunk("IDAT", zlib.deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

const work = {
  async brotli() {
    return require(at("pkg.node/brotli_wasm.js")).decompress(zlib.brotliCompressSync(text));
  },
  async zstd() {
    const zstd = require(at("dist/common/index.node.js"));
    await zstd.init();
    return zstd.decompress(Buffer.from(FRAME, "base64"));
  },
  async png() {
    globalThis.ImageData = class {
      constructor(data, width, height) {
        Object.assign(this, { data, width, height });
      }
    };
    const { default: init, decode } = await load("codec/pkg/squoosh_png.js");
    await init(fs.readFileSync(at("codec/pkg/squoosh_png_bg.wasm")));
    return decode(png()).data;
  },
  async photon() {
    const { initSync, PhotonImage, resize, SamplingFilter } = await load("dist/lib/photon_rs.js");
    initSync({ module: new WebAssembly.Module(fs.readFileSync(at("dist/lib/photon_rs_bg.wasm"))) });
    const small = resize(PhotonImage.new_from_byteslice(png()), 20, 15, SamplingFilter.Lanczos3);
    return small.get_bytes_jpeg(80);
  },
};

const out = Buffer.from(await work[name]());
if (out.length === 0) throw new Error("it gave nothing");
console.log(crypto.createHash("sha256").update(out).digest("hex"));
