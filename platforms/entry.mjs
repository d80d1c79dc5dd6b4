// What a bare module is asked and what it answers: CGI (RFC 3875) over a WASI command, or HTTP/1.1 messages
// (RFC 9112) in its memory. Knows nothing of the platform's own requests. Included behind wasi.mjs.
//
// request:  {method, path, query, protocol, isSecure, host, port, client, headers: [[name, value]], body: bytes}
//           path and query as on the wire
// response: {status, reason, headers: [[name, value]], body: bytes}
// A header's value is UTF-8 on the wire, as the platforms have it (workerd 2026-11-17, measured); one that is not
// comes out with a character for each byte.

class Failure extends Error {}

class OutputLimit extends Failure {
  constructor(limit) {
    super(`the response is larger than ${limit} bytes`);
  }
}

const HOP_BY_HOP = ["connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te",
  "trailer", "transfer-encoding", "upgrade", "expect"];
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function decode(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  }
}

// RFC 3875 4.1.5: PATH_INFO is not encoded. A NUL would cut it short in the environment and stays encoded.
function decodePath(path) {
  const bytes = utf8(path);
  const out = [];
  for (let at = 0; at < bytes.length; at++) {
    const hex = bytes[at] === 0x25 ? decode(bytes.subarray(at + 1, at + 3)) : "";
    const isEscape = /^[0-9A-Fa-f]{2}$/.test(hex) && hex !== "00";
    out.push(isEscape ? parseInt(hex, 16) : bytes[at]);
    if (isEscape) at += 2;
  }
  return Uint8Array.from(out);
}

function headerValue(request, name) {
  const found = request.headers.filter((header) => header[0].toLowerCase() === name).map((header) => header[1]);
  return found.length === 0 ? undefined : found.join(name === "cookie" ? "; " : ", ");
}

// RFC 3875 4.1.18. Left out: Proxy (would become HTTP_PROXY, which libraries obey) and names that would be
// told from others only by '_' and '-'.
function headerVariables(request) {
  const names = new Set(request.headers.map((header) => header[0].toLowerCase()));
  for (const name of [...HOP_BY_HOP, "proxy", "content-type", "content-length"]) names.delete(name);
  return [...names].filter((name) => /^[a-z0-9-]+$/.test(name))
    .map((name) => [`HTTP_${name.toUpperCase().replaceAll("-", "_")}`, headerValue(request, name)]);
}

function cgiEnvironment(request) {
  const query = request.query;
  const out = [
    ["GATEWAY_INTERFACE", "CGI/1.1"], ["SERVER_SOFTWARE", "edge-deploy"],
    ["REQUEST_METHOD", request.method], ["SCRIPT_NAME", ""],
    ["QUERY_STRING", query], ["REQUEST_URI", query ? `${request.path}?${query}` : request.path],
    ["SERVER_PROTOCOL", request.protocol], ["SERVER_NAME", request.host], ["SERVER_PORT", request.port],
    ["REMOTE_ADDR", request.client], ["REMOTE_HOST", request.client],
  ];
  if (request.isSecure) out.push(["HTTPS", "on"]);
  if (request.body.length > 0) out.push(["CONTENT_LENGTH", String(request.body.length)]);
  const type = headerValue(request, "content-type");
  if (type !== undefined) out.push(["CONTENT_TYPE", type]);
  const texts = [...out, ...headerVariables(request)];
  return [["PATH_INFO", decodePath(request.path)], ...texts.map(([name, value]) => [name, utf8(value.replaceAll("\0", ""))])];
}

// The lines before the first blank one (LF or CRLF) and what comes behind it.
function splitHead(bytes, what) {
  const lines = [];
  for (let at = 0; ;) {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw new Failure(`${what} has no blank line behind its headers`);
    const line = bytes.subarray(at, end > at && bytes[end - 1] === 13 ? end - 1 : end);
    at = end + 1;
    if (line.length === 0) return { lines, body: bytes.subarray(at) };
    lines.push(decode(line));
  }
}

function parseHeaders(lines, what) {
  return lines.map((line) => {
    const colon = line.indexOf(":");
    const value = line.slice(colon + 1).trim();
    if (colon < 1 || !TOKEN.test(line.slice(0, colon)) || /[\0\r]/.test(value)) {
      throw new Failure(`${what} has a malformed header line`);
    }
    return [line.slice(0, colon), value];
  });
}

function parseStatus(text, what) {
  const match = /^([2-5][0-9][0-9])(?: (.*))?$/.exec(text);
  if (!match) throw new Failure(`${what} has no status of 200 to 599`);
  return { status: Number(match[1]), reason: match[2] || "" };
}

// Without what holds for one connection only.
function endToEnd(headers) {
  const drop = new Set(HOP_BY_HOP);
  for (const [name, value] of headers) {
    if (name.toLowerCase() === "connection") {
      for (const word of value.split(",")) drop.add(word.trim().toLowerCase());
    }
  }
  return headers.filter((header) => !drop.has(header[0].toLowerCase()));
}

function withoutLength(response) {
  return { ...response, headers: response.headers.filter((header) => header[0].toLowerCase() !== "content-length") };
}

function parseCgi(bytes) {
  const what = "the module's output";
  const { lines, body } = splitHead(bytes, what);
  if (lines.length === 0) throw new Failure(`${what} has no header`);
  const headers = parseHeaders(lines, what);
  const of = (name) => headers.find((header) => header[0].toLowerCase() === name);
  const status = of("status");
  const { status: code, reason } = parseStatus(status ? status[1] : of("location") ? "302 Found" : "200 OK", what);
  return withoutLength({ status: code, reason, headers: endToEnd(headers.filter((header) => header !== status)), body });
}

function parseMessage(bytes, isHead) {
  const what = "the module's response";
  const { lines, body } = splitHead(bytes, what);
  const match = /^HTTP\/1\.[01] (.*)$/.exec(lines[0] || "");
  if (!match) throw new Failure(`${what} has no status line`);
  const { status, reason } = parseStatus(match[1], what);
  const headers = parseHeaders(lines.slice(1), what);
  const length = headers.find((header) => header[0].toLowerCase() === "content-length");
  if (headers.some((header) => header[0].toLowerCase() === "transfer-encoding")) {
    throw new Failure(`${what} has a transfer coding`);
  }
  if (length && length[1] !== String(body.length) && !(body.length === 0 && (isHead || status === 304))) {
    throw new Failure(`${what} has not the length that its Content-Length says`);
  }
  return withoutLength({ status, reason, headers: endToEnd(headers), body });
}

function formatMessage(request) {
  const target = request.query ? `${request.path}?${request.query}` : request.path;
  const headers = endToEnd(request.headers).filter((header) => header[0].toLowerCase() !== "content-length");
  if (headerValue(request, "host") === undefined) headers.unshift(["Host", request.host]);
  const hasBody = request.body.length > 0 || ["POST", "PUT", "PATCH"].includes(request.method);
  if (hasBody) headers.push(["Content-Length", String(request.body.length)]);
  const lines = [`${request.method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  const head = lines.map((line) => `${line.replace(/[\r\n\0]/g, " ")}\r\n`).join("");
  return joinBytes([utf8(`${head}\r\n`), request.body]);
}

// A command: a fresh instance a request.
function answerCgi(module, host, request, limit) {
  const wasi = new Wasi(host, {
    args: ["module.wasm"], environment: cgiEnvironment(request), stdin: request.body, limit,
  });
  const code = wasi.run(module);
  if (code !== 0) throw new Failure(`the module ended with exit code ${code}`);
  return parseCgi(joinBytes(wasi.stdout));
}

// HTTP bytes: one instance serves many requests; a trap may leave it in any state, so the next gets a new one.
class MessageEntry {
  constructor(module) {
    this.module = module;
    this.instance = undefined;
  }

  open() {
    const instance = new WebAssembly.Instance(this.module, {});
    if (instance.exports._initialize) instance.exports._initialize();
    return instance;
  }

  call(instance, message) {
    const { memory, edge_alloc: allocate, edge_handle: handle } = instance.exports;
    const at = allocate(message.length) >>> 0;
    if (at + message.length > memory.buffer.byteLength) throw new Failure("edge_alloc answered no place in memory");
    new Uint8Array(memory.buffer, at, message.length).set(message);
    const result = BigInt.asUintN(64, handle(at, message.length));
    const pointer = Number(result >> 32n);
    const size = Number(result & 0xffffffffn);
    if (pointer + size > memory.buffer.byteLength) throw new Failure("edge_handle answered no place in memory");
    return new Uint8Array(memory.buffer, pointer, size).slice();
  }

  answer(request, limit) {
    const instance = this.instance || this.open();
    this.instance = undefined;
    const bytes = this.call(instance, formatMessage(request));
    this.instance = instance;
    if (bytes.length > 2 * limit) throw new OutputLimit(limit);
    return parseMessage(bytes, request.method === "HEAD");
  }
}

// Makes the function that answers requests with the module; it never throws. `limit`: bytes of a response, above
// twice which the module is stopped; the platform's glue counts what is sent.
function makeAnswer(module, host) {
  const names = WebAssembly.Module.exports(module).map((each) => each.name);
  const has = (...wanted) => wanted.every((name) => names.includes(name));
  const messages = has("memory", "edge_alloc", "edge_handle") ? new MessageEntry(module) : undefined;
  return (request, limit) => {
    try {
      if (messages) return messages.answer(request, limit);
      if (has("memory", "_start")) return answerCgi(module, host, request, limit);
      throw new Failure("the module exports neither _start nor edge_handle, with memory");
    } catch (error) {
      const reason = error instanceof Failure ? error.message : `the module failed: ${error.message}`;
      host.log(`edge-deploy: ${reason}`);
      return failed(502, reason);
    }
  };
}

function failed(status, reason) {
  return { status, reason: "", headers: [["Content-Type", "text/plain; charset=utf-8"]], body: utf8(`${reason}\n`) };
}

// What this is: packing writes a line behind the glue that fills it in with the digest of all the rest. Who asks for it
// with a header of that name is told in one; nobody else is.
let version = "";
const VERSION_HEADER = "Edge-Deploy-Version";

function named(request, response) {
  const name = VERSION_HEADER.toLowerCase();
  if (!version || headerValue(request, name) === undefined) return response;
  const others = response.headers.filter((header) => header[0].toLowerCase() !== name);
  return { ...response, headers: [...others, [VERSION_HEADER, version]] };
}

const mayHaveBody = (method, status) => method !== "HEAD" && status !== 204 && status !== 205 && status !== 304;
