// Loads a worker for each request, fresh, and lets it answer: what a cold start costs. Stands behind the imports of the
// files (FILES) and what the workers are made of (WORKERS).
const kinds = {
  js: (bytes) => ({ js: new TextDecoder().decode(bytes) }),
  cjs: (bytes) => ({ cjs: new TextDecoder().decode(bytes) }),
  text: (bytes) => ({ text: new TextDecoder().decode(bytes) }),
  wasm: (bytes) => ({ wasm: bytes }),
  data: (bytes) => ({ data: bytes }),
};

// Made once: reading the files is not the worker's cost.
const made = WORKERS.map(({ date, flags, main, modules }) => ({
  compatibilityDate: date,
  compatibilityFlags: flags,
  mainModule: main,
  modules: Object.fromEntries(modules.map(({ name, kind, file }) => [name, kinds[kind](FILES[file])])),
  globalOutbound: null,
}));

export default {
  async fetch(request, env) {
    const [worker, id] = request.headers.get("edge-deploy-bench").split(" ");
    try {
      // All of it: who answers without, as the empty worker does, would end the connection while it is being sent.
      const sent = request.body && (await request.arrayBuffer());
      const stub = env.LOADER.get(id, async () => made[Number(worker)]);
      const answer = await stub.getEntrypoint().fetch(new Request(request, { body: sent }));
      const body = await answer.arrayBuffer();
      return new Response(body.byteLength > 0 ? body : null, { status: answer.status });
    } catch (error) {
      return new Response(String(error?.message || error).slice(0, 400), { status: 599 });
    }
  },
};
