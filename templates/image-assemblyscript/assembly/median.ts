// The kernel: each sample becomes the median of itself and its eight neighbours of the same colour, which takes
// single wrong pixels out and keeps edges sharp. At the border the nearest sample stands for what is missing. One
// signature, two kernels, chosen when it is compiled; both compute this, bit for bit:
//
// the median of nine numbers is the median of: the largest minimum, the middle median and the smallest maximum of
// three columns of three.
import { scalarRow } from "./scalar";
import { simdRow } from "./simd";

// `from` has `rows` times `width` samples, `colours` of them a pixel: neighbours are that far apart. `to` has room for
// as many, and is apart from them.
export function median(from: usize, to: usize, rows: usize, width: usize, colours: usize): void {
  for (let y: usize = 0; y < rows; y++) {
    const here = from + y * width;
    const above = y > 0 ? here - width : here;
    const below = y + 1 < rows ? here + width : here;
    if (ASC_FEATURE_SIMD) {
      simdRow(above, here, below, to + y * width, width, colours);
    } else {
      scalarRow(above, here, below, to + y * width, 0, width, width, colours);
    }
  }
}
