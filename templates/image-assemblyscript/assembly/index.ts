// The function as edge-deploy's glue calls it in a bare module: the request is one HTTP/1.1 message, written where
// edge_alloc says; edge_handle answers where the response is: address << 32 | size. No imports. One instance serves
// many requests.
import { BODY_LIMIT, answer, body, bodySize, isSame, put, status, type } from "./answer";

const LINE_FEED: u8 = 0x0a;
const ROOM: u32 = BODY_LIMIT + (64 << 10); // a body with its head
const room = heap.alloc(ROOM);

// What has no room there gets a place of its own at the memory's end, only to be told that it is too large.
export function edge_alloc(size: u32): usize {
  return size <= ROOM ? room : heap.alloc(size);
}

// Where the word that begins there ends: at a blank, or with the line.
function wordEnd(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) > 0x20) at++;
  return at;
}

// Where the body begins: behind the first empty line.
function bodyStart(at: usize, end: usize): usize {
  for (at += 3; at < end; at++) {
    if (load<u8>(at) == LINE_FEED && load<u8>(at - 2) == LINE_FEED) return at + 1;
  }
  return end;
}

export function edge_handle(request: usize, size: u32): u64 {
  const end = request + size;
  const methodEnd = wordEnd(request, end);
  const path = methodEnd + 1;
  const targetEnd = wordEnd(path, end);
  let pathEnd = path;
  while (pathEnd < targetEnd && load<u8>(pathEnd) != 0x3f) pathEnd++;
  const from = bodyStart(targetEnd, end);
  answer(isSame(request, i32(methodEnd - request), "POST"), path, i32(pathEnd - path), from, i32(end - from));
  if (request != room) heap.free(request);
  return respond();
}

// The head ends where the body begins.
function respond(): u64 {
  const start = "HTTP/1.1 ", middle = "\r\nContent-Type: ", last = "\r\n\r\n";
  const head = body - start.length - status.length - middle.length - type.length - last.length;
  put(put(put(put(put(head, start), status), middle), type), last);
  return (u64(head) << 32) | u64(body - head + bodySize);
}
