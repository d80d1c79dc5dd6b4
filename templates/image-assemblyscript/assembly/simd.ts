// Sixteen samples at a time: simd128 has the minimum and maximum of sixteen bytes as one instruction each.
import { scalarRow } from "./scalar";

const LANES: usize = 16;

// @ts-ignore: decorator
@inline
function lowest(a: v128, b: v128, c: v128): v128 {
  return v128.min<u8>(v128.min<u8>(a, b), c);
}

// @ts-ignore: decorator
@inline
function middle(a: v128, b: v128, c: v128): v128 {
  return v128.max<u8>(v128.min<u8>(a, b), v128.min<u8>(v128.max<u8>(a, b), c));
}

// @ts-ignore: decorator
@inline
function highest(a: v128, b: v128, c: v128): v128 {
  return v128.max<u8>(v128.max<u8>(a, b), c);
}

// Both ends of the row, whose neighbours are not all inside it, are the scalar kernel's.
export function simdRow(above: usize, here: usize, below: usize, to: usize, width: usize, colours: usize): void {
  let x = colours;
  scalarRow(above, here, below, to, 0, x, width, colours);
  for (; x + LANES + colours <= width; x += LANES) {
    const left = x - colours;
    const right = x + colours;
    const a0 = v128.load(above + left), b0 = v128.load(here + left), c0 = v128.load(below + left);
    const a1 = v128.load(above + x), b1 = v128.load(here + x), c1 = v128.load(below + x);
    const a2 = v128.load(above + right), b2 = v128.load(here + right), c2 = v128.load(below + right);
    const low = highest(lowest(a0, b0, c0), lowest(a1, b1, c1), lowest(a2, b2, c2));
    const mid = middle(middle(a0, b0, c0), middle(a1, b1, c1), middle(a2, b2, c2));
    const high = lowest(highest(a0, b0, c0), highest(a1, b1, c1), highest(a2, b2, c2));
    v128.store(to + x, middle(low, mid, high));
  }
  scalarRow(above, here, below, to, x, width, width, colours);
}
