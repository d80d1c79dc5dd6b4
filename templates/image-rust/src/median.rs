//! The kernel: each sample becomes the median of itself and its eight neighbours of the same colour, which
//! takes single wrong pixels out and keeps edges sharp. At the border the nearest sample stands for what is
//! missing. One signature, two kernels; both compute this, bit for bit:
//!
//! the median of nine numbers is the median of: the largest minimum, the middle median and the smallest
//! maximum of three columns of three.

#[cfg(not(target_feature = "simd128"))]
mod scalar;
#[cfg(target_feature = "simd128")]
mod simd;

#[cfg(not(target_feature = "simd128"))]
pub use scalar::median;
#[cfg(target_feature = "simd128")]
pub use simd::median;

/// `width`: of a row, in samples; `colours`: samples a pixel, neighbours are that far apart.
pub struct Picture<'a> {
    pub samples: &'a [u8],
    pub width: usize,
    pub colours: usize,
}

impl<'a> Picture<'a> {
    /// The rows above, here and below.
    fn rows_at(&self, y: usize) -> [&'a [u8]; 3] {
        let last = self.samples.len() / self.width - 1;
        let row = |y: usize| &self.samples[y * self.width..][..self.width];
        [row(y.saturating_sub(1)), row(y), row(last.min(y + 1))]
    }
}

fn middle(a: u8, b: u8, c: u8) -> u8 {
    a.min(b).max(a.max(b).min(c))
}

/// One sample: what both kernels share.
fn median_at([above, here, below]: [&[u8]; 3], colours: usize, x: usize) -> u8 {
    let left = if x < colours { x } else { x - colours };
    let right = if x + colours < here.len() { x + colours } else { x };
    let columns = [left, x, right].map(|x| (above[x], here[x], below[x]));
    let low = columns.map(|(a, b, c)| a.min(b).min(c));
    let mid = columns.map(|(a, b, c)| middle(a, b, c));
    let high = columns.map(|(a, b, c)| a.max(b).max(c));
    middle(low[0].max(low[1]).max(low[2]), middle(mid[0], mid[1], mid[2]), high[0].min(high[1]).min(high[2]))
}
