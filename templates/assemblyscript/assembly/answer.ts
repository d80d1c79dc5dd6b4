// What the function answers. Knows nothing of where it runs.

const LINE_FEED: u8 = 0x0a;
const BLANK: u8 = 0x20;

function message(status: string, type: string, body: Uint8Array): Uint8Array {
  const head = String.UTF8.encode(
    `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  const out = new Uint8Array(head.byteLength + body.length);
  out.set(Uint8Array.wrap(head));
  out.set(body, head.byteLength);
  return out;
}

function say(status: string, text: string): Uint8Array {
  return message(status, "text/plain; charset=utf-8", Uint8Array.wrap(String.UTF8.encode(text)));
}

// The request's word from `start` to the next blank.
function word(request: Uint8Array, start: i32): string {
  let end = start;
  while (end < request.length && request[end] != BLANK && request[end] != LINE_FEED) end++;
  return String.UTF8.decodeUnsafe(request.dataStart + start, end - start);
}

// Where the body begins: behind the first empty line.
function bodyStart(request: Uint8Array): i32 {
  for (let at = 3; at < request.length; at++) {
    if (request[at] == LINE_FEED && request[at - 2] == LINE_FEED) return at + 1;
  }
  return request.length;
}

// Letters of ASCII the other way round: upper case to lower case and back. All other bytes stay.
function swapCase(body: Uint8Array): void {
  for (let at = 0; at < body.length; at++) {
    const letter = body[at] | 0x20;
    if (letter >= 0x61 && letter <= 0x7a) body[at] ^= 0x20;
  }
}

export function answer(request: Uint8Array): Uint8Array {
  const method = word(request, 0);
  const target = word(request, method.length + 1);
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.substring(0, mark);
  if (path == "/health") return say("200 OK", "ok\n");
  if (path == "/") return say("200 OK", "Hello from the edge. POST a text to /swap to swap its case.\n");
  if (path != "/swap") return say("404 Not Found", "There is nothing here.\n");
  if (method != "POST") return say("405 Method Not Allowed", "POST a text.\n");
  const body = request.slice(bodyStart(request));
  swapCase(body);
  return message("200 OK", "text/plain; charset=utf-8", body);
}
