//! Sixteen samples at a time: simd128 has the minimum and maximum of sixteen bytes as one instruction each.

use core::arch::wasm32::{u8x16_max as most, u8x16_min as least, v128, v128_load, v128_store};

use super::{median_at, Picture};

const LANES: usize = 16;

fn load(row: &[u8], at: usize) -> v128 {
    let sixteen = &row[at..at + LANES];
    unsafe { v128_load(sixteen.as_ptr() as *const v128) }
}

fn store(row: &mut [u8], at: usize, value: v128) {
    let sixteen = &mut row[at..at + LANES];
    unsafe { v128_store(sixteen.as_mut_ptr() as *mut v128, value) }
}

fn middle(a: v128, b: v128, c: v128) -> v128 {
    most(least(a, b), least(most(a, b), c))
}

/// All neighbours of the sixteen samples are inside their rows.
fn median16_at([above, here, below]: [&[u8]; 3], colours: usize, x: usize) -> v128 {
    let columns = [x - colours, x, x + colours].map(|x| (load(above, x), load(here, x), load(below, x)));
    let low = columns.map(|(a, b, c)| least(least(a, b), c));
    let mid = columns.map(|(a, b, c)| middle(a, b, c));
    let high = columns.map(|(a, b, c)| most(most(a, b), c));
    middle(most(most(low[0], low[1]), low[2]), middle(mid[0], mid[1], mid[2]), least(least(high[0], high[1]), high[2]))
}

/// `to` is as long as the picture's samples.
pub fn median(picture: &Picture, to: &mut [u8]) {
    let colours = picture.colours;
    for (y, to) in to.chunks_exact_mut(picture.width).enumerate() {
        let rows = picture.rows_at(y);
        let mut x = 0;
        while x < to.len() {
            if x >= colours && x + LANES + colours <= to.len() {
                store(to, x, median16_at(rows, colours, x));
                x += LANES;
            } else {
                to[x] = median_at(rows, colours, x);
                x += 1;
            }
        }
    }
}
