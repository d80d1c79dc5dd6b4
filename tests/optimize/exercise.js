// Calls every exported function of a module with fixed arguments and says what came of it, a line each:
// results, traps, calls of imports, and at the end what its memories hold. Runs in Node.js 10 too.
// usage: exercise.js MODULE < {"imports": [...], "exports": [...]} as `inspect --format json` has them
"use strict";
const fs = require("fs");

const CALLS = 8; // of each function
const FRESH = 200; // instances: a new one after each trap

const VALUES = {
  i32: [0, 1, -1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, -0x80000000, 1024, 65536, 7, 255, 42],
  i64: ["0", "1", "-1", "127", "128", "255", "32768", "65535", "2147483648", "9223372036854775807", "-9223372036854775808", "1024"],
  f32: [0, -0, 1.5, -1.5, NaN, Infinity, -Infinity, 2147483648, 4294967296, -2147483904, 1e-40, 255.9],
  f64: [0, -0, 1.5, -1.5, NaN, Infinity, -Infinity, 2147483648.5, 4294967295.9, -2147483649, 1e300, 255.9],
};

const say = (line) => fs.writeSync(1, line + "\n");

const types = (text) => {
  const parts = /^\(([^)]*)\)->\(([^)]*)\)$/.exec(text) || ["", "", ""];
  return { params: parts[1] ? parts[1].split(",") : [], results: parts[2] ? parts[2].split(",") : [] };
};

function argument(type, call, index) {
  const values = VALUES[type];
  if (!values) return null;
  const value = values[(call * 5 + index * 3) % values.length];
  return type === "i64" ? BigInt(value) : value;
}

function show(value) {
  if (Array.isArray(value)) return value.map(show).join(",");
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "bigint") return value + "n";
  return value === null || value === undefined ? String(value) : typeof value;
}

function kind(error) {
  if (error instanceof RangeError) return "stack";
  if (!(error instanceof WebAssembly.RuntimeError)) return WebAssembly.Exception && error instanceof WebAssembly.Exception ? "exception" : "error " + error.name;
  return "trap " + String(error.message).replace(/[^a-z ]/gi, "").trim();
}

let log = 0;
let imported = 0;

function stub(item) {
  if (item.kind === "func") {
    const result = types(item.type).results;
    const answers = result.map((type) => (type === "i64" ? BigInt(0) : type.indexOf("ref") >= 0 ? null : 0));
    return function () {
      for (const value of [item.name].concat(Array.prototype.slice.call(arguments))) {
        const text = typeof value === "string" ? value : show(value);
        for (let i = 0; i < text.length; i++) log = (Math.imul(log, 31) + text.charCodeAt(i)) | 0;
      }
      imported++;
      return answers.length > 1 ? answers : answers[0];
    };
  }
  const words = item.type.split(" ");
  if (item.kind === "memory" || item.kind === "table") {
    const numbers = words.filter((word) => /^(\d+|-)$/.test(word));
    const wide = words.indexOf("i64") >= 0;
    const count = (text) => (wide ? BigInt(text) : Number(text));
    const limits = { initial: count(numbers[0]), shared: words.indexOf("shared") >= 0 };
    if (numbers[1] !== undefined && numbers[1] !== "-") limits.maximum = count(numbers[1]);
    if (wide) limits.address = "i64";
    if (item.kind === "memory") return new WebAssembly.Memory(limits);
    limits.element = words[0] === "externref" ? "externref" : "anyfunc";
    delete limits.shared;
    return new WebAssembly.Table(limits);
  }
  if (item.kind === "global") {
    const type = words[words.length - 1];
    const value = type === "i64" ? BigInt(0) : type.indexOf("ref") >= 0 ? null : 0;
    return new WebAssembly.Global({ value: type === "funcref" ? "anyfunc" : type, mutable: words[0] === "mut" }, value);
  }
  return new WebAssembly.Tag({ parameters: types(item.type + "->()").params });
}

function instantiate(module, facts) {
  const imports = {};
  for (const item of facts.imports) (imports[item.module] = imports[item.module] || {})[item.name] = stub(item);
  return new WebAssembly.Instance(module, imports).exports;
}

// By pages: of memories that were put together the first one's are compared.
function memories(exports) {
  for (const name of Object.keys(exports).sort()) {
    if (!(exports[name] instanceof WebAssembly.Memory)) continue;
    const words = new Uint32Array(exports[name].buffer);
    for (let page = 0; page < words.length / 16384; page++) {
      let hash = 0;
      for (let i = page * 16384; i < (page + 1) * 16384; i++) hash = (Math.imul(hash, 31) + words[i]) | 0;
      say("memory " + name + " page " + page + " " + hash);
    }
  }
}

function main() {
  const facts = JSON.parse(fs.readFileSync(0, "utf8"));
  let module;
  try {
    module = new WebAssembly.Module(fs.readFileSync(process.argv[2]));
  } catch (error) {
    return say("refused " + error.message);
  }
  let exports;
  let made = 0;
  const fresh = () => {
    exports = null;
    if (made++ < FRESH) exports = instantiate(module, facts);
  };
  try {
    fresh();
  } catch (error) {
    return say("instantiation " + kind(error));
  }
  for (const item of facts.exports) {
    if (item.kind !== "func") continue;
    const params = types(item.type).params;
    for (let call = 0; exports && call < (params.length ? CALLS : 1); call++) {
      let answer;
      let trapped = false;
      try {
        answer = show(exports[item.name].apply(null, params.map((type, index) => argument(type, call, index))));
      } catch (error) {
        answer = kind(error);
        trapped = answer !== "exception";
      }
      say(item.name + " " + call + " " + answer + " imports " + imported + " " + log);
      if (trapped) memories(exports);
      if (trapped) fresh();
    }
  }
  if (exports) memories(exports);
  say("end");
}

main();
