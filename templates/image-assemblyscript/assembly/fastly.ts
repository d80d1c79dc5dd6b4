// The function on Fastly Compute, whose host functions take the place of a library here. Each returns 0 when all is
// well. An instance serves one request.
import { BODY_LIMIT, answer, body, bodySize, isSame, put, status, type } from "./answer";

// @ts-ignore: decorator
@external("fastly_abi", "init")
declare function init(version: u64): i32;
// @ts-ignore: decorator
@external("fastly_http_req", "body_downstream_get")
declare function getRequest(request: usize, body: usize): i32;
// @ts-ignore: decorator
@external("fastly_http_req", "method_get")
declare function getMethod(request: u32, to: usize, room: usize, size: usize): i32;
// @ts-ignore: decorator
@external("fastly_http_req", "uri_get")
declare function getUrl(request: u32, to: usize, room: usize, size: usize): i32;
// @ts-ignore: decorator
@external("fastly_http_body", "read")
declare function readBody(body: u32, to: usize, room: usize, size: usize): i32;
// @ts-ignore: decorator
@external("fastly_http_body", "new")
declare function newBody(body: usize): i32;
// @ts-ignore: decorator
@external("fastly_http_body", "write")
declare function writeBody(body: u32, from: usize, size: usize, end: u32, done: usize): i32;
// @ts-ignore: decorator
@external("fastly_http_resp", "new")
declare function newResponse(response: usize): i32;
// @ts-ignore: decorator
@external("fastly_http_resp", "status_set")
declare function setStatus(response: u32, status: u32): i32;
// @ts-ignore: decorator
@external("fastly_http_resp", "header_insert")
declare function setHeader(response: u32, name: usize, nameSize: usize, value: usize, valueSize: usize): i32;
// @ts-ignore: decorator
@external("fastly_http_resp", "send_downstream")
declare function send(response: u32, body: u32, streaming: u32): i32;

const URL_ROOM: usize = 8192;
const words = heap.alloc(8); // two numbers that host functions answer
const text = heap.alloc(URL_ROOM);
const method = heap.alloc(64);
const room = heap.alloc(BODY_LIMIT + 1);

// A trap: the platform answers with an error of its own.
function check(code: i32): void {
  if (code != 0) unreachable();
}

function first(): u32 {
  return load<u32>(words);
}

function readAll(stream: u32): i32 {
  let size: u32 = 0;
  while (size <= u32(BODY_LIMIT)) {
    check(readBody(stream, room + size, BODY_LIMIT + 1 - size, words));
    if (first() == 0) break;
    size += first();
  }
  return i32(size);
}

// Where the path of "https://host/path?query" begins.
function pathStart(end: usize): usize {
  let at = text;
  for (let slashes = 0; at < end; at++) {
    if (load<u8>(at) == 0x2f && ++slashes == 3) break;
  }
  return at;
}

function pathEnd(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) != 0x3f && load<u8>(at) != 0x23) at++;
  return at;
}

function respond(): void {
  check(newResponse(words));
  check(newBody(words + 4));
  const response = first(), stream = load<u32>(words + 4);
  check(setStatus(response, u32(parseInt(status.substring(0, 3)))));
  const name = put(text, "content-type") - text;
  const value = put(text + name, type) - text - name;
  check(setHeader(response, text, name, text + name, value));
  for (let at = 0; at < bodySize; at += first()) check(writeBody(stream, body + at, bodySize - at, 0, words));
  check(send(response, stream, 0));
}

function serve(): void {
  check(init(1));
  check(getRequest(words, words + 4));
  const request = first(), stream = load<u32>(words + 4);
  check(getMethod(request, method, 64, words));
  const isPost = isSame(method, first(), "POST");
  check(getUrl(request, text, URL_ROOM, words));
  const path = pathStart(text + first()), end = pathEnd(path, text + first());
  answer(isPost, path, i32(end - path), room, readAll(stream));
  respond();
}

serve();
