mod inner {
    #[inline(never)]
    pub fn describe(count: usize, scale: f32) -> String {
        format!("{:?} of {}", count, scale)
    }
}

#[no_mangle]
pub extern "C" fn run(count: usize, scale: f32) -> usize {
    let mut words: Vec<String> = (0..count).map(|i| inner::describe(i, scale)).collect();
    words.sort();
    words.join(" ").len()
}
