// Answers CloudFront's viewer-request and origin-request events with module.wasm on Lambda@Edge. Written by
// edge-deploy; the module's two entries are described in its documentation ("What our glue calls in a bare module").
// In viewer-response and origin-response events the module is not run: the response passes unchanged.
import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";

//include wasi.mjs
//include entry.mjs
const KIB = 1024;
const MODULE = new WebAssembly.Module(readFileSync(new URL("./module.wasm", import.meta.url)));
const answer = makeAnswer(MODULE, {
  random: (bytes) => webcrypto.getRandomValues(bytes),
  sleep: (milliseconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds),
  log: (line) => console.error(line),
});

// Developer Guide, "Restrictions on edge functions": CloudFront answers 502 to a response with one of these, or with
// a change to one that is read-only in the event.
const REFUSED = new Set([
  "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "trailer",
  "upgrade", "x-amzn-auth", "x-amzn-cf-billing", "x-amzn-cf-id", "x-amzn-cf-xff", "x-amzn-errortype",
  "x-amzn-fle-profile", "x-amzn-header-count", "x-amzn-header-order", "x-amzn-lambda-integration-tag",
  "x-amzn-requestid", "x-cache", "x-forwarded-proto", "x-real-ip",
  "accept-encoding", "content-length", "host", "if-modified-since", "if-none-match", "if-range",
  "if-unmodified-since", "transfer-encoding", "via",
]);
const REFUSED_PREFIX = /^x-(accel|amz-cf|edge)-/;

// The same page: bytes of a generated response, its headers included. Counted as on the wire, before base64.
const LIMITS = { "viewer-request": 40 * KIB, "origin-request": KIB * KIB };

function requestOf({ request, config }) {
  const headers = Object.entries(request.headers)
    .flatMap(([name, list]) => list.map((each) => [each.key || name, each.value]));
  const of = (name) => request.headers[name]?.[0]?.value;
  const host = of("host") || config.distributionDomainName;
  const isSecure = of("cloudfront-forwarded-proto") !== "http";
  return {
    method: request.method,
    path: request.uri,
    query: request.querystring,
    protocol: "HTTP/1.1",
    isSecure,
    host: host.replace(/:[0-9]+$/, ""),
    port: /:([0-9]+)$/.exec(host)?.[1] || (isSecure ? "443" : "80"),
    client: request.clientIp,
    headers,
    body: request.body ? new Uint8Array(Buffer.from(request.body.data, request.body.encoding)) : new Uint8Array(0),
  };
}

function isText(bytes) {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function responseOf({ status, reason, headers, body }, method) {
  const out = { status: String(status), headers: {} };
  if (reason) out.statusDescription = reason;
  for (const [key, value] of headers) {
    const name = key.toLowerCase();
    if (REFUSED.has(name) || REFUSED_PREFIX.test(name)) continue;
    if (!Object.hasOwn(out.headers, name)) out.headers[name] = [];
    out.headers[name].push({ key, value });
  }
  if (!mayHaveBody(method, status) || body.length === 0) return out;
  out.bodyEncoding = isText(body) ? "text" : "base64";
  out.body = Buffer.from(body).toString(out.bodyEncoding === "text" ? "utf8" : "base64");
  return out;
}

function sizeOf({ headers }, body) {
  const lines = Object.values(headers).flat().map(({ key, value }) => key.length + value.length + 4);
  return lines.reduce((sum, size) => sum + size, body.length);
}

export const handler = async (event) => {
  const { config, request, response } = event.Records[0].cf;
  if (response) return response;
  if (request.body?.inputTruncated) {
    return responseOf(failed(413, "the request's body is larger than CloudFront hands to a function"), request.method);
  }
  const limit = LIMITS[config.eventType];
  const asked = requestOf({ request, config });
  const answered = answer(asked, limit);
  const out = responseOf(named(asked, answered), request.method);
  const size = sizeOf(out, out.body === undefined ? "" : answered.body);
  if (size <= limit) return out;
  const reason = `the response has ${size} bytes, CloudFront takes ${limit} in a ${config.eventType} event`;
  console.error(`edge-deploy: ${reason}`);
  return responseOf(named(asked, failed(502, reason)), request.method);
};
