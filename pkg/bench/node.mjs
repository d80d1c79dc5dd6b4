// One fresh process: loads a handler as it is deployed, or a module with stubs; says how long its parts took until the
// first answer, or how many answers there were in a while. Stands behind host.mjs, a line that has TOKEN, MODE, TYPES and
// JOB, and, where there is one, what makes the handler's argument (argumentOf).
import { readFileSync } from "node:fs";

const timed = { compile: 0, instantiate: 0 };
const now = () => performance.now();

async function clocked(part, work) {
  const began = now();
  try {
    return await work();
  } finally {
    timed[part] += now() - began;
  }
}

function clockedClass(original, part) {
  return new Proxy(original, {
    construct(target, args) {
      const began = now();
      try {
        return Reflect.construct(target, args);
      } finally {
        timed[part] += now() - began;
      }
    },
  });
}

// Whatever way the program takes to its module.
function watchEngine() {
  const { Module, Instance, compile, instantiate } = WebAssembly;
  WebAssembly.Module = clockedClass(Module, "compile");
  WebAssembly.Instance = clockedClass(Instance, "instantiate");
  WebAssembly.compile = (...args) => clocked("compile", () => compile(...args));
  WebAssembly.instantiate = async (source, ...rest) => {
    const isModule = source instanceof Module;
    const module = isModule ? source : await WebAssembly.compile(source);
    const instance = await clocked("instantiate", () => instantiate(module, ...rest));
    return isModule ? instance : { module, instance };
  };
}

const sum = () => timed.compile + timed.instantiate;

async function load() {
  if (JOB.kind === "empty") return async () => ({ status: "200" });
  const file = new URL(`./files/${JOB.main}`, import.meta.url);
  return (await import(file))[JOB.member];
}

function bodyOf() {
  return JOB.body ? readFileSync(new URL("./body", import.meta.url)) : undefined;
}

function requestOf() {
  const [path, query] = JOB.path.split(/\?(.*)/s);
  return { method: JOB.method, path, query: query || "", body: bodyOf() };
}

const makeArgument = typeof argumentOf === "function" ? argumentOf : (request) => request;
const statusOf = (answer) => Number(answer?.status ?? answer?.statusCode ?? 200) || 0;

// In the compartment of a module without an entry nothing is called.
function tryModule() {
  const { module, ...failure } = compile(readFileSync(new URL("./files/module.wasm", import.meta.url)));
  if (!module) return { failure: failure.said };
  const { stage, said } = attempt(module, {});
  return stage === "runs" ? {} : { failure: said, compiled: true };
}

async function answerOnce() {
  if (JOB.kind === "stubs") return tryModule();
  const handler = await load();
  const argument = makeArgument(requestOf(), JOB.settings);
  const began = now(), before = sum();
  const status = statusOf(await handler(argument));
  return { status, first: now() - began - (sum() - before) };
}

function compileReference() {
  const bytes = readFileSync(new URL("./reference.wasm", import.meta.url)), before = timed.compile;
  new WebAssembly.Module(bytes);
  return timed.compile - before;
}

async function cold() {
  const answer = await answerOnce();
  const ready = now(), { user, system } = process.cpuUsage();
  const said = { ...answer, ready, cpu: (user + system) / 1000, ...timed };
  return JOB.kind === "empty" ? { ...said, reference: compileReference() } : said;
}

// JOB.lanes at a time, one after the other in each; the first JOB.warm milliseconds are not counted.
async function loaded() {
  const handler = await load(), request = requestOf();
  let count = 0, until = now() + JOB.warm, bad = 0;
  const lane = async () => {
    while (now() < until) {
      const status = statusOf(await handler(makeArgument(request, JOB.settings)));
      if (status >= 500) bad = status;
      count++;
    }
  };
  const lanes = () => Promise.all(Array.from({ length: JOB.lanes }, lane));
  await lanes();
  const began = now(), used = process.cpuUsage();
  count = 0;
  until = began + JOB.load;
  await lanes();
  const { user, system } = process.cpuUsage(used), elapsed = now() - began;
  return { count, elapsed, cpu: (user + system) / 1000, bad, peak: process.resourceUsage().maxRSS / 1024 };
}

watchEngine();
const said = await (JOB.load ? loaded() : cold()).catch((error) => ({ failure: words(error) }));
process.stdout.write(`\n${TOKEN}${JSON.stringify(said)}\n`, () => process.exit(0));
