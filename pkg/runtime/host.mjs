// Links a module and instantiates it, with what is supplied or with stubs, and says how far it came. Stands before
// node.mjs and workerd.mjs, behind a line that has TOKEN, MODE and TYPES (the imports' types, as inspect shows them).
const clean = (text, most) => text.slice(0, most).replace(/[\0-\x1f\x7f\ud800-\udfff]/g, "?");
const words = (error) => clean(`${error?.name}: ${error?.message || error}`.split("\n")[0], 400);

const OPTIONS = MODE === "builtins" ? { builtins: ["js-string"] } : undefined;

function compile(bytes) {
  try {
    return { module: new WebAssembly.Module(bytes, OPTIONS) };
  } catch (error) {
    return { stage: error instanceof WebAssembly.CompileError ? "compile" : "memory", said: words(error) };
  }
}

const zero = (type) => (type === "i64" ? 0n : /^[if][36]/.test(type) ? 0 : null);
const list = (text) => text.split(",").filter((word) => word !== "");

function stubFunction(type) {
  const values = list(type.slice(type.indexOf(")->(") + 4, -1)).map(zero);
  return () => (values.length > 1 ? values : values[0]);
}

// "funcref 1 10", "1 -", "1 10 shared", "1 - i64"
function limits(type) {
  const [, element, initial, maximum, shared, is64, page] =
    /^(?:(.+) )?([0-9]+) ([0-9]+|-)( shared)?( i64)?( page [0-9]+)?$/.exec(type);
  if (page) throw new TypeError("a memory of such pages cannot be made here");
  const number = is64 ? BigInt : Number;
  const out = { initial: number(initial) };
  if (maximum !== "-") out.maximum = number(maximum);
  if (shared) out.shared = true;
  if (is64) out.address = "i64";
  if (element) out.element = element === "funcref" ? "anyfunc" : element;
  return out;
}

function stubGlobal(type) {
  const value = type.replace(/^mut /, "");
  return new WebAssembly.Global({ value: value === "funcref" ? "anyfunc" : value, mutable: value !== type });
}

function stub(kind, type) {
  if (kind === "function") return stubFunction(type);
  if (kind === "memory") return new WebAssembly.Memory(limits(type));
  if (kind === "table") return new WebAssembly.Table(limits(type));
  if (kind === "global") return stubGlobal(type);
  return new WebAssembly.Tag({ parameters: list(type.slice(1, type.indexOf(")->("))) });
}

function stubAll(module, stubbed) {
  const out = Object.create(null);
  WebAssembly.Module.imports(module).forEach(({ module: from, name, kind }, index) => {
    stubbed.push(`${from}.${name}`);
    if (!out[from]) out[from] = Object.create(null);
    out[from][name] = stub(kind, TYPES[index]);
  });
  return out;
}

const isFromEngine = (error) => String(error?.message).startsWith("WebAssembly.");

function stageOf(error) {
  if (error instanceof WebAssembly.LinkError || error instanceof WebAssembly.CompileError) return "link";
  if (error instanceof TypeError && isFromEngine(error)) return "link";
  return error instanceof RangeError && isFromEngine(error) ? "memory" : "start";
}

// Nothing that it exports is called; its start section runs.
function attempt(module, supplied) {
  const stubbed = [];
  let imports = supplied;
  try {
    if (MODE === "stubs") imports = stubAll(module, stubbed);
  } catch (error) {
    return { stage: "stub", said: clean(`${stubbed.at(-1)}: ${words(error)}`, 400) };
  }
  const answer = { stage: "runs", stubbed: stubbed.length, names: stubbed.slice(0, 3).map((name) => clean(name, 80)) };
  try {
    new WebAssembly.Instance(module, imports);
  } catch (error) {
    return { ...answer, stage: stageOf(error), said: words(error) };
  }
  return answer;
}
