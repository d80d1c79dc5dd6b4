import { readFileSync } from "node:fs";

async function supply() {
  return MODE === "glue" ? (await import("./glue.mjs")).supplied : {};
}

async function main() {
  const { module, ...failure } = compile(readFileSync(new URL("module.wasm", import.meta.url)));
  if (!module) return failure;
  try {
    return attempt(module, await supply());
  } catch (error) {
    return { stage: "glue", said: words(error) };
  }
}

process.stdout.write(`${TOKEN}${JSON.stringify(await main())}\n`);
