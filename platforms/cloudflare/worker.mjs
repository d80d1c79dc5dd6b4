// Serves requests with module.wasm on Cloudflare Workers. Written by edge-deploy; the module's two entries are
// described in its documentation ("What our glue calls in a bare module").
import module from "./module.wasm";

//include wasi.mjs
//include entry.mjs
// The runtime cannot sleep inside a request, and its clock stands still while code runs: a sleep returns at once.
const answer = makeAnswer(module, {
  random: (bytes) => crypto.getRandomValues(bytes),
  sleep: () => {},
  log: (line) => console.error(line),
});

async function requestOf(request) {
  const url = new URL(request.url);
  const isSecure = url.protocol === "https:";
  return {
    method: request.method,
    path: url.pathname,
    query: url.search.slice(1),
    protocol: request.cf?.httpProtocol || "HTTP/1.1",
    isSecure,
    host: url.hostname,
    port: url.port || (isSecure ? "443" : "80"),
    client: request.headers.get("cf-connecting-ip") || "",
    headers: [...request.headers],
    body: new Uint8Array(await request.arrayBuffer()),
  };
}

function responseOf({ status, reason, headers, body }, method) {
  // What the module has encoded is not to be encoded again.
  const isEncoded = headers.some((header) => header[0].toLowerCase() === "content-encoding");
  const init = { status, statusText: reason, headers: new Headers() };
  if (isEncoded) init.encodeBody = "manual";
  for (const [name, value] of headers) init.headers.append(name, value);
  return new Response(mayHaveBody(method, status) ? body : null, init);
}

export default {
  async fetch(request) {
    const asked = await requestOf(request);
    try {
      return responseOf(named(asked, answer(asked, Infinity)), request.method);
    } catch (error) {
      console.error(`edge-deploy: ${error.message}`);
      const reason = "the module's response has a header that cannot be sent";
      return responseOf(named(asked, failed(502, reason)), request.method);
    }
  },
};
