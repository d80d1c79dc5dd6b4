// What the function answers. Knows nothing of where it runs. Nothing is allocated for a request: what is made of the
// body lies in one place that every request writes anew.
import { median } from "./median";

export const BODY_LIMIT: i32 = 1 << 20;
const MOST_PIXELS_A_SIDE: u32 = 65535;
const PICTURE = "image/x-portable-anymap";
const TEXT = "text/plain; charset=utf-8";

// Free bytes before the body, for who has to write a head there.
export const HEAD_ROOM: i32 = 256;
const room = heap.alloc(HEAD_ROOM + BODY_LIMIT);

export let status = "";
export let type = "";
export const body: usize = room + HEAD_ROOM;
export let bodySize: i32 = 0;

// In the place of the runtime's abort, which would be an import. A trap.
export function fail(message: string | null, file: string | null, line: u32, column: u32): void {
  unreachable();
}

// Writes a text of ASCII; answers where it ends.
export function put(at: usize, text: string): usize {
  return at + String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, at);
}

export function isSame(at: usize, size: i32, text: string): bool {
  if (size != text.length) return false;
  for (let i = 0; i < size; i++) {
    if (i32(load<u8>(at + i)) != text.charCodeAt(i)) return false;
  }
  return true;
}

function say(code: string, text: string): void {
  status = code;
  type = TEXT;
  bodySize = i32(put(body, text) - body);
}

function isBlank(byte: u32): bool {
  return byte == 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

// Where the number that is read next begins, and what it was.
let at: usize = 0;

// A number of a picture's head: blanks and comments, then digits. 0 when there is none, or one that is too large.
function readNumber(end: usize): u32 {
  while (at < end && (isBlank(load<u8>(at)) || load<u8>(at) == 0x23)) {
    if (load<u8>(at++) == 0x23) {
      while (at < end && load<u8>(at) != 0x0a) at++;
    }
  }
  let number: u32 = 0;
  while (at < end && load<u8>(at) >= 0x30 && load<u8>(at) <= 0x39 && number <= MOST_PIXELS_A_SIDE) {
    number = number * 10 + load<u8>(at++) - 0x30;
  }
  return number <= MOST_PIXELS_A_SIDE ? number : 0;
}

// Binary PGM (P5, grey) and PPM (P6, red, green and blue) of 256 levels: the head, one blank, the samples. Answers with
// the head as it came.
function denoise(from: usize, size: i32): void {
  const kind: u32 = size < 2 || load<u8>(from) != 0x50 ? 0 : load<u8>(from + 1);
  if (kind != 0x35 && kind != 0x36) {
    say("415 Unsupported Media Type", "Send a binary PGM or PPM picture (P5, P6).\n");
    return;
  }
  const end = from + size;
  const colours: u32 = kind == 0x35 ? 1 : 3;
  at = from + 2;
  const width = readNumber(end) * colours;
  const rows = readNumber(end);
  const levels = readNumber(end);
  const isHead = width > 0 && rows > 0 && levels == 255 && at < end && isBlank(load<u8>(at));
  const samples = at + 1;
  if (!isHead || u64(width) * u64(rows) > u64(end - samples)) {
    say("400 Bad Request", "The picture is malformed, cut short, or has not 256 levels.\n");
    return;
  }
  const head = samples - from;
  memory.copy(body, from, head);
  median(samples, body + head, rows, width, colours);
  status = "200 OK";
  type = PICTURE;
  bodySize = i32(head + width * rows);
}

// Leaves the answer in status, type, body and bodySize.
export function answer(isPost: bool, path: usize, pathSize: i32, from: usize, size: i32): void {
  if (size > BODY_LIMIT) say("413 Content Too Large", "A megabyte is the most.\n");
  else if (isSame(path, pathSize, "/health")) say("200 OK", "ok\n");
  else if (isSame(path, pathSize, "/")) {
    say("200 OK", "POST a PGM or PPM picture to /denoise and get it without its noise.\n");
  } else if (!isSame(path, pathSize, "/denoise")) say("404 Not Found", "There is nothing here.\n");
  else if (!isPost) say("405 Method Not Allowed", "POST a PGM or PPM picture.\n");
  else denoise(from, size);
}
