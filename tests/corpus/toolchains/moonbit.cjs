// Compiles a MoonBit file, without its standard library, by the compiler that the editor in the browser has:
// moonbit.cjs WORKER SOURCE TARGET OUTPUT
const fs = require("node:fs");
const [worker, source, target, output] = process.argv.slice(2);
globalThis.self = globalThis;
// Its last statement offers the compiler to the page; we want it itself.
const program = fs.readFileSync(worker, "utf8").replace(/;\w+\((\w+)\);\s*(\/\*\*[^]*)?$/, ";globalThis.compiler=$1;");
(0, eval)(`(function (require, module) {${program}})`)(require, {});
const where = { target, pkg: "m", pkgSources: ["m:/"], isMain: false, noOpt: false, errorFormat: "json" };
const files = { miFiles: [], indirectImportMiFiles: [], stdMiFiles: [], enableValueTracing: false };
const built = compiler.buildPackage({ ...where, ...files, mbtFiles: [["main.mbt", fs.readFileSync(source, "utf8")]] });
if (!built.core) throw new Error(built.diagnostics.join("\n"));
const linked = compiler.linkCore({ ...where, coreFiles: [built.core], main: "m", exportedFunctions: ["sum"],
  outputFormat: "wasm", testMode: false, debug: false, stopOnMain: false, sourceMap: false, sources: {} });
fs.writeFileSync(output, Buffer.from(linked.result));
