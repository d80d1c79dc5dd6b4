// HTTP bytes: answers with the request's body, every bit of it turned over.
// asc work.ts -o work.wasm --runtime minimal --use abort=

let request: ArrayBuffer = new ArrayBuffer(0);
let response: ArrayBuffer = new ArrayBuffer(0);

export function edge_alloc(size: i32): usize {
  request = new ArrayBuffer(size);
  return changetype<usize>(request);
}

// Behind the blank line.
function bodyStart(bytes: Uint8Array): i32 {
  for (let at = 0; at + 3 < bytes.length; at++) {
    if (bytes[at] == 13 && bytes[at + 1] == 10 && bytes[at + 2] == 13 && bytes[at + 3] == 10) return at + 4;
  }
  return bytes.length;
}

export function edge_handle(at: usize, size: i32): i64 {
  const message = Uint8Array.wrap(request, 0, size);
  const start = bodyStart(message);
  const head = String.UTF8.encode("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: " +
    (size - start).toString() + "\r\n\r\n");
  response = new ArrayBuffer(head.byteLength + size - start);
  const out = Uint8Array.wrap(response);
  out.set(Uint8Array.wrap(head));
  for (let i = start; i < size; i++) out[head.byteLength + i - start] = ~message[i];
  return (i64(changetype<usize>(response)) << 32) | i64(response.byteLength);
}
