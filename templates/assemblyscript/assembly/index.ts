// A function as edge-deploy's glue calls it in a bare module: the request is one HTTP/1.1 message, written where
// edge_alloc says; edge_handle answers where the response is: address << 32 | size. No imports.
import { answer } from "./answer";

let response = new Uint8Array(0);

// In the place of the runtime's abort, which would be an import. A trap: the glue answers 502 and starts anew.
export function fail(message: string | null, file: string | null, line: u32, column: u32): void {
  unreachable();
}

export function edge_alloc(size: i32): usize {
  return heap.alloc(size);
}

export function edge_handle(request: usize, size: i32): u64 {
  const bytes = new Uint8Array(size);
  memory.copy(bytes.dataStart, request, size);
  heap.free(request);
  response = answer(bytes);
  return (u64(response.dataStart) << 32) | u64(response.length);
}
