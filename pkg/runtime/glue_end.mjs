
// Behind the glue of a platform: what it would supply to a command. Nobody sees what the module prints.
export const supplied = {
  wasi_snapshot_preview1: new Wasi(
    { random: () => {}, sleep: () => {}, log: () => {} },
    { args: ["module.wasm"], environment: [], stdin: new Uint8Array(0), limit: 1 << 20 },
  ).imports(),
};
