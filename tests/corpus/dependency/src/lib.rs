#[no_mangle]
pub extern "C" fn find(at: *const u8, size: usize) -> i32 {
    let text = unsafe { std::slice::from_raw_parts(at, size) };
    memchr::memmem::find(text, b"edge").map_or(-1, |i| i as i32)
}
