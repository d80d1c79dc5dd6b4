// @ts-ignore: decorator
@inline
function lowest(a: u32, b: u32, c: u32): u32 {
  return min(min(a, b), c);
}

// @ts-ignore: decorator
@inline
function middle(a: u32, b: u32, c: u32): u32 {
  return max(min(a, b), min(max(a, b), c));
}

// @ts-ignore: decorator
@inline
function highest(a: u32, b: u32, c: u32): u32 {
  return max(max(a, b), c);
}

// The samples from `x` to `end` of a row.
export function scalarRow(above: usize, here: usize, below: usize, to: usize, x: usize, end: usize, width: usize,
  colours: usize): void {
  for (; x < end; x++) {
    const left = x < colours ? x : x - colours;
    const right = x + colours < width ? x + colours : x;
    const a0: u32 = load<u8>(above + left), b0: u32 = load<u8>(here + left), c0: u32 = load<u8>(below + left);
    const a1: u32 = load<u8>(above + x), b1: u32 = load<u8>(here + x), c1: u32 = load<u8>(below + x);
    const a2: u32 = load<u8>(above + right), b2: u32 = load<u8>(here + right), c2: u32 = load<u8>(below + right);
    const low = highest(lowest(a0, b0, c0), lowest(a1, b1, c1), lowest(a2, b2, c2));
    const mid = middle(middle(a0, b0, c0), middle(a1, b1, c1), middle(a2, b2, c2));
    const high = lowest(highest(a0, b0, c0), highest(a1, b1, c1), highest(a2, b2, c2));
    store<u8>(to + x, middle(low, mid, high));
  }
}
