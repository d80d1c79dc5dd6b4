use super::{median_at, Picture};

/// `to` is as long as the picture's samples.
pub fn median(picture: &Picture, to: &mut [u8]) {
    for (y, to) in to.chunks_exact_mut(picture.width).enumerate() {
        let rows = picture.rows_at(y);
        for (x, sample) in to.iter_mut().enumerate() {
            *sample = median_at(rows, picture.colours, x);
        }
    }
}
