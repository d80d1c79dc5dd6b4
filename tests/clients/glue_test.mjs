// The glue of the JavaScript platforms, assembled as platforms/table.sh does it, run with a CGI program in C and an
// HTTP-bytes module by hand: `node --test tests/clients/glue_test.mjs`. Runs in the node that runs it; in workerd too
// when tests/clients/package.json is installed in build/clients. Skips loudly what is not installed.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";

const HERE = new URL(".", import.meta.url).pathname;
const ROOT = new URL("../..", import.meta.url).pathname;
// The program itself: what npm links is a script, which does not pass on a signal.
const CLIENTS = join(ROOT, "build/clients/node_modules/@cloudflare");
const WORKERD = (existsSync(CLIENTS) ? readdirSync(CLIENTS) : []).filter((name) => name.startsWith("workerd-"))
  .map((name) => join(CLIENTS, name, "bin/workerd"))[0];
const folder = mkdtempSync(join(tmpdir(), "edge-deploy-glue-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

// With the last line that packing writes.
const VERSION = `sha256:${"0123456789abcdef".repeat(4)}`;
const packed = (path) => `${glue(path)}version = "${VERSION}";\n`;

function glue(path) {
  return readFileSync(join(ROOT, "platforms", path), "utf8")
    .replace(/^\/\/include (.*)\n/gm, (line, file) => readFileSync(join(ROOT, "platforms", file), "utf8"));
}

function build(command, ...args) {
  try {
    execFileSync(command, args, { stdio: ["ignore", "inherit", "pipe"] });
    return true;
  } catch (error) {
    console.error(`SKIPPED: ${command}: ${error.stderr || error.message}`);
    return false;
  }
}

const modules = { cgi: join(folder, "cgi.wasm"), bytes: join(folder, "bytes.wasm") };
const built = {
  cgi: build("clang", "--target=wasm32-wasi", "-O1", "-o", modules.cgi, join(HERE, "glue/cgi.c")),
  bytes: build("wat2wasm", join(HERE, "glue/bytes.wat"), "-o", modules.bytes),
};
const skip = (kind) => (built[kind] ? false : `SKIPPED: ${kind}.wasm could not be built`);

// What is answered is {status, headers: [[lower-case name, value]], body: Buffer} whatever served it.
const of = (reply, name) => reply.headers.filter((header) => header[0] === name).map((header) => header[1]);
const text = (reply) => reply.body.toString("latin1");
const silent = async (call) => {
  const { error } = console;
  const lines = [];
  console.error = (line) => lines.push(line);
  try {
    return { value: await call(), lines };
  } finally {
    console.error = error;
  }
};

let count = 0;
async function load(source, kind) {
  const place = mkdtempSync(join(folder, `m${count++}-`));
  writeFileSync(join(place, "module.wasm"), readFileSync(modules[kind]));
  writeFileSync(join(place, "index.mjs"), source);
  return import(pathToFileURL(join(place, "index.mjs")));
}

const workerSource = packed("cloudflare/worker.mjs");

// Plain node does not import wasm as a compiled module; that one line is put differently.
async function workerInNode(kind) {
  const source = workerSource.replace('import module from "./module.wasm";', `
    import { readFileSync } from "node:fs";
    const module = new WebAssembly.Module(readFileSync(new URL("./module.wasm", import.meta.url)));`);
  const worker = (await load(source, kind)).default;
  return async (path, { method = "GET", headers = {}, body } = {}) => {
    const request = new Request(`https://example.org:8443${path}`, { method, headers, body });
    const reply = await worker.fetch(request);
    return { status: reply.status, headers: [...reply.headers], body: Buffer.from(await reply.arrayBuffer()) };
  };
}

const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

function send(port, path, { method = "GET", headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, path, method, headers }, (reply) => {
      const chunks = [];
      reply.on("data", (chunk) => chunks.push(chunk));
      reply.on("end", () => {
        const list = [];
        for (let i = 0; i < reply.rawHeaders.length; i += 2) {
          list.push([reply.rawHeaders[i].toLowerCase(), reply.rawHeaders[i + 1]]);
        }
        resolve({ status: reply.statusCode, headers: list, body: Buffer.concat(chunks) });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

const children = [];
after(() => children.forEach((child) => child.kill()));

async function workerInWorkerd(kind) {
  const place = mkdtempSync(join(folder, "workerd-"));
  const port = await freePort();
  writeFileSync(join(place, "index.mjs"), workerSource);
  writeFileSync(join(place, "module.wasm"), readFileSync(modules[kind]));
  writeFileSync(join(place, "config.capnp"), `using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (services = [(name = "main", worker = (compatibilityDate = "2026-11-01", modules = [
      (name = "index.mjs", esModule = embed "index.mjs"), (name = "module.wasm", wasm = embed "module.wasm")]))],
      sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]);`);
  const child = spawn(WORKERD, ["serve", join(place, "config.capnp")], { stdio: ["ignore", "ignore", "pipe"] });
  let complaints = "";
  child.stderr.on("data", (data) => { complaints += data; });
  children.push(child);
  for (let tries = 0; tries < 200; tries++) {
    try {
      await send(port, "/");
      return (path, options) => send(port, path, options);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`workerd does not serve: ${complaints}`);
}

// Lambda's own form in and out, turned into the common one.
async function lambda(kind, eventType = "origin-request") {
  const { handler } = await load(packed("lambda-edge/handler.mjs"), kind);
  return async (path, { method = "GET", headers = {}, body } = {}) => {
    const [uri, querystring = ""] = path.split("?");
    const map = {};
    for (const [key, value] of Object.entries({ Host: "example.org:8443", ...headers })) {
      map[key.toLowerCase()] = [{ key, value }];
    }
    const request = { clientIp: "203.0.113.178", headers: map, method, querystring, uri };
    if (body !== undefined) {
      request.body = {
        action: "read-only", data: Buffer.from(body).toString("base64"), encoding: "base64", inputTruncated: false,
      };
    }
    const out = await handler({ Records: [{ cf: { config: { eventType }, request } }] });
    JSON.stringify(out);
    return {
      status: Number(out.status),
      headers: Object.entries(out.headers).flatMap(([name, list]) => list.map(({ value }) => [name, value])),
      body: Buffer.from(out.body || "", out.bodyEncoding === "base64" ? "base64" : "utf8"),
      raw: out,
    };
  };
}

const ALL = Buffer.from(Array.from({ length: 256 }, (each, i) => i));
const hosts = [["worker in node", workerInNode], ["handler in node", lambda]];
if (WORKERD) hosts.push(["worker in workerd", workerInWorkerd]);
else console.error("SKIPPED: workerd is not installed (npm ci in build/clients)");

for (const [name, start] of hosts) {
  describe(`${name}: WASI command`, { skip: skip("cgi") }, () => {
    let get;
    const quietly = async (...args) => (await silent(() => get(...args))).value;
    before(async () => { get = (await silent(() => start("cgi"))).value; });

    test("the request is in the environment", async () => {
      const reply = await get("/a%20b/c?x=1&y=%41", {
        headers: { "X-Own": "v", Cookie: "a=1", Proxy: "http://evil", X_Own: "spoof", Authorization: "Basic eA==" },
      });
      const lines = text(reply).split("\n");
      assert.equal(reply.status, 200);
      assert.deepEqual(of(reply, "x-seen"), ["yes"]);
      for (const line of ["REQUEST_METHOD=GET", "PATH_INFO=/a b/c", "SCRIPT_NAME=", "QUERY_STRING=x=1&y=%41",
        "REQUEST_URI=/a%20b/c?x=1&y=%41", "GATEWAY_INTERFACE=CGI/1.1", "SERVER_PROTOCOL=HTTP/1.1",
        "HTTP_X_OWN=v", "HTTP_COOKIE=a=1", "HTTP_AUTHORIZATION=Basic eA=="]) {
        assert.ok(lines.includes(line), `${line} in ${lines}`);
      }
      for (const word of ["SERVER_NAME=", "SERVER_PORT=", "REMOTE_ADDR="]) {
        assert.ok(lines.some((line) => line.startsWith(word)), word);
      }
      for (const word of ["HTTP_PROXY=", "HTTP_CONTENT_LENGTH", "CONTENT_LENGTH", "HTTP_CONNECTION"]) {
        assert.ok(!lines.some((line) => line.startsWith(word)), word);
      }
    });

    test("its version is told to who asks, whatever the module says", async () => {
      const ask = { headers: { "edge-deploy-version": "?" } };
      assert.deepEqual(of(await get("/", ask), "edge-deploy-version"), [VERSION]);
      assert.deepEqual(of(await get("/forged", ask), "edge-deploy-version"), [VERSION]);
      assert.deepEqual(of(await get("/"), "edge-deploy-version"), []);
      const failed = await quietly("/exit-3", ask);
      assert.equal(failed.status, 502);
      assert.deepEqual(of(failed, "edge-deploy-version"), [VERSION]);
    });

    test("memory may grow", async () => assert.match(text(await get("/grow")), /PATH_INFO=\/grow\n/));

    test("a body with all bytes passes both ways", async () => {
      const body = Buffer.concat(Array(300).fill(ALL));
      const reply = await get("/echo", { method: "POST", body, headers: { "Content-Type": "application/x-own" } });
      assert.equal(reply.status, 201);
      assert.deepEqual(of(reply, "content-type"), ["application/octet-stream"]);
      assert.ok(reply.body.equals(body));
    });

    test("length and type of a body are named", async () => {
      const reply = await get("/", { method: "POST", body: "12345", headers: { "Content-Type": "text/x-own" } });
      assert.match(text(reply), /^CONTENT_LENGTH=5$/m);
      assert.match(text(reply), /^CONTENT_TYPE=text\/x-own$/m);
      assert.doesNotMatch(text(reply), /HTTP_CONTENT/);
    });

    test("each request has a fresh instance", async () => {
      assert.equal(text(await get("/count")), "1\n");
      assert.equal(text(await get("/count")), "1\n");
    });

    test("status, several cookies, no hop-by-hop headers", async () => {
      const reply = await get("/cookies");
      assert.equal(reply.status, 302);
      assert.deepEqual(of(reply, "location"), ["/next"]);
      assert.deepEqual(of(reply, "set-cookie"), ["a=1; Path=/", "b=2"]);
      assert.deepEqual(of(reply, "x-hop"), []);
      assert.deepEqual(of(reply, "x-edge-own"), start === lambda ? [] : ["gone on Lambda"]);
    });

    test("what the module encoded is sent as it is; a header keeps its bytes", async () => {
      const reply = await get("/encoded");
      assert.deepEqual(of(reply, "content-encoding"), ["gzip"]);
      assert.equal(gunzipSync(reply.body).toString(), "hi\n");
      // node's own clients show a character a byte; its fetch objects, unlike workerd's, mean latin1 by a string
      const name = start === lambda ? "café" : "caf\xc3\xa9";
      if (start !== workerInNode) assert.deepEqual(of(reply, "x-name"), [name]);
      if (start === workerInNode) return;
      const own = { headers: { "X-Own": name } };
      assert.match(text(await get("/", own)), /^HTTP_X_OWN=caf\xc3\xa9$/m);
      assert.match(text(await get("/%c3%A9%ff%00%2", own)), /^PATH_INFO=\/\xc3\xa9\xff%00%2$/m);
    });

    test("exit 0 is an end", async () => assert.equal(text(await get("/exit-0")), "ended\n"));

    test("no content has no body", async () => {
      const reply = await get("/no-content");
      assert.equal(reply.status, 204);
      assert.equal(reply.body.length, 0);
    });

    test("HEAD has no body", async () => {
      const reply = await get("/bytes", { method: "HEAD" });
      assert.equal(reply.status, 200);
      assert.equal(reply.body.length, 0);
    });

    for (const [path, reason] of [["/plain", /no blank line/], ["/bad-status", /no status of/],
      ["/bad-header", /malformed header/], ["/exit-3", /exit code 3/], ["/trap", /unreachable/],
      ["/abort", /unreachable/]]) {
      test(`${path} is a 502 that says why, and the next request is answered`, async () => {
        const reply = await quietly(path);
        assert.equal(reply.status, 502);
        assert.match(text(reply), reason);
        assert.equal(text(await get("/count")), "1\n");
      });
    }

    test("clocks, randomness, files, stderr", async () => {
      const { value, lines } = await silent(() => get("/clocks"));
      const [, wall, random, slept, file, tty] =
        /^wall=(\d+) random=(\d) slept=(-?\d+) file=(\d) tty=(\d)/.exec(text(value));
      assert.ok(Math.abs(Number(wall) - Date.now() / 1000) < 10);
      assert.deepEqual([random, file, tty], ["1", "0", "0"]);
      if (start === lambda) assert.ok(Number(slept) >= 19, `slept ${slept} ms`);
      if (start !== workerInWorkerd) assert.deepEqual(lines, ["first line", "second line without an end"]);
    });
  });

  describe(`${name}: HTTP bytes`, { skip: skip("bytes") }, () => {
    let get;
    const quietly = async (...args) => (await silent(() => get(...args))).value;
    before(async () => { get = (await silent(() => start("bytes"))).value; });

    test("one message in, one out, binary-safe, also when memory grows", async () => {
      for (const times of [1, 1000, 2000]) {
        const body = Buffer.concat(Array(times).fill(ALL));
        const reply = await get("/p?q=1", { method: "POST", body, headers: { "X-Own": "v" } });
        assert.equal(reply.status, 200);
        const head = text(reply).slice(0, text(reply).indexOf("\r\n\r\n"));
        assert.match(head, /^POST \/p\?q=1 HTTP\/1\.1\r\n/);
        assert.match(head, /\r\nhost: /i);
        assert.match(head, /\r\nx-own: v/i);
        assert.match(head, new RegExp(`\\r\\nContent-Length: ${body.length}`));
        assert.doesNotMatch(head, /transfer-encoding|connection/i);
        assert.ok(reply.body.subarray(head.length + 4).equals(body));
        assert.deepEqual(of(reply, "set-cookie"), ["a=1", "b=2"]);
      }
    });

    test("the instance is kept, and made anew after a trap", async () => {
      const calls = async () => Number(of(await get("/p"), "x-calls")[0]);
      const first = await calls();
      assert.equal(await calls(), first + 1);
      assert.equal((await quietly("/trap")).status, 502);
      assert.equal(await calls(), 1);
    });

    test("an answer outside memory, or without a status line, is a 502", async () => {
      assert.match(text(await quietly("/o")), /no place in memory/);
      assert.match(text(await quietly("/m")), /no blank line|no status line/);
      assert.equal((await get("/p")).status, 200);
    });
  });
}

describe("handler: what CloudFront demands", { skip: skip("cgi") }, () => {
  test("text is text, binary is base64, status is a string", async () => {
    const get = await lambda("cgi");
    assert.equal((await get("/")).raw.bodyEncoding, "text");
    const { raw } = await get("/bytes");
    assert.equal(raw.bodyEncoding, "base64");
    assert.equal(raw.body, ALL.toString("base64"));
    assert.equal(raw.status, "200");
    assert.equal((await get("/echo", { method: "POST", body: "x" })).raw.statusDescription, "Made");
  });

  for (const [event, limit] of [["viewer-request", 40960], ["origin-request", 1048576]]) {
    test(`${event}: a response of more than ${limit} bytes is a 502 that says so`, async () => {
      const get = await lambda("cgi", event);
      const head = "content-type: text/plain\r\n".length;
      assert.equal((await get(`/much/${limit - head}`)).status, 200);
      for (const size of [limit - head + 1, 3 * limit]) {
        const { value, lines } = await silent(() => get(`/much/${size}`));
        assert.equal(value.status, 502);
        assert.match(text(value), new RegExp(`${limit}`));
        assert.equal(lines.length, 1);
      }
    });
  }

  test("a truncated body is a 413; a response event passes", async () => {
    const { handler } = await load(glue("lambda-edge/handler.mjs"), "cgi");
    const file = process.env.EDGE_DEPLOY_SHARED || join(ROOT, "../shared");
    const truncated = { config: { eventType: "viewer-request" }, request: { method: "POST", uri: "/", querystring: "",
      clientIp: "::1", headers: {}, body: { data: "", encoding: "base64", inputTruncated: true } } };
    assert.equal((await handler({ Records: [{ cf: truncated }] })).status, "413");
    const response = { status: "200", headers: { server: [{ key: "Server", value: "x" }] } };
    const cf = { config: { eventType: "viewer-response" }, request: truncated.request, response };
    assert.deepEqual(await handler({ Records: [{ cf }] }), response);
    const events = join(file, "contracts/lambda-edge/events.json");
    if (!existsSync(events)) return console.error(`SKIPPED: ${events} is not there`);
    const samples = JSON.parse(readFileSync(events, "utf8"));
    const viewer = await handler(samples.viewer_request);
    assert.match(viewer.body, /^REMOTE_ADDR=203\.0\.113\.178$/m);
    assert.match(viewer.body, /^SERVER_NAME=d111111abcdef8\.cloudfront\.net$/m);
    assert.match(viewer.body, /^HTTPS=on$/m);
    assert.match((await handler(samples.origin_request_with_body)).body, /^CONTENT_LENGTH=5$/m);
    assert.deepEqual(await handler(samples.viewer_response), samples.viewer_response.Records[0].cf.response);
  });
});

test("all 46 functions of WASI preview1 link", { skip: skip("bytes") }, async () => {
  const source = glue("wasi.mjs") + glue("entry.mjs") + "export { Wasi, makeAnswer };";
  const { Wasi } = await load(source, "bytes");
  const wasi = new Wasi({}, { args: [], environment: [], stdin: new Uint8Array(0), limit: 0 });
  wasi.memory = new WebAssembly.Memory({ initial: 1 });
  const calls = wasi.imports();
  const names = readFileSync(join(HERE, "glue/wasi_functions.txt"), "utf8").trim().split("\n");
  assert.deepEqual(Object.keys(calls).sort(), names);
  assert.equal(names.length, 46);
  assert.equal(calls.fd_prestat_get(3, 0), 8);
  assert.equal(calls.path_open(3, 0, 0, 0, 0, 0n, 0n, 0, 0), 8);
  assert.equal(calls.fd_seek(1, 0n, 0, 0), 70);
  assert.equal(calls.sock_accept(0, 0, 0), 57);
  assert.equal(calls.proc_raise(6), 52);
  assert.equal(calls.random_get(-8, 16), 21);
  assert.equal(calls.random_get(65530, 16), 21);
  assert.equal(calls.fd_write(1, 65532, 1, 0), 21);
  assert.equal(calls.fd_read(1, 0, 0, 0), 8);
  assert.equal(calls.clock_time_get(9, 0n, 0), 28);
  assert.equal(calls.poll_oneoff(0, 0, 0, 0), 28);
  assert.equal(calls.fd_close(1), 0);
  assert.equal(calls.fd_close(1), 8);
  assert.throws(() => calls.proc_exit(4), { code: 4 });
  assert.throws(() => calls.sched_yield(), { code: 4 });
});
