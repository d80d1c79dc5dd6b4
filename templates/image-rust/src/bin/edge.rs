//! Runs answer() where edge-deploy's glue calls it in a bare module: the request is one HTTP/1.1 message,
//! written where edge_alloc() says; edge_handle() answers where the response is: address << 32 | size. No
//! imports. One instance serves many requests.
#![no_main]

use std::sync::Mutex;

/// The last one stays until the next request: it is read after edge_handle() has returned.
static RESPONSE: Mutex<Vec<u8>> = Mutex::new(Vec::new());

#[no_mangle]
pub extern "C" fn edge_alloc(size: usize) -> *mut u8 {
    let mut message = std::mem::ManuallyDrop::new(Vec::with_capacity(size));
    message.as_mut_ptr()
}

/// Where the body begins: behind the first empty line.
fn body_start(message: &[u8]) -> usize {
    message.windows(4).position(|four| four == b"\r\n\r\n").map_or(message.len(), |at| at + 4)
}

fn handle(message: &[u8]) -> Vec<u8> {
    let (head, body) = message.split_at(body_start(message));
    let head = String::from_utf8_lossy(head);
    let mut words = head.split(' ');
    let method = words.next().unwrap_or("");
    let path = words.next().unwrap_or("/").split('?').next().unwrap_or("/");
    let response = edge_image::answer(method, path, body);
    let mut out = Vec::with_capacity(response.body.len() + 256);
    for text in ["HTTP/1.1 ", response.status, "\r\nContent-Type: ", response.media_type, "\r\n\r\n"] {
        out.extend_from_slice(text.as_bytes());
    }
    out.extend_from_slice(&response.body);
    out
}

/// # Safety
/// `message` is what edge_alloc() answered for `size`, and all of it has been written.
#[no_mangle]
pub unsafe extern "C" fn edge_handle(message: *mut u8, size: usize) -> u64 {
    let message = Vec::from_raw_parts(message, size, size);
    let response = handle(&message);
    let place = (response.as_ptr() as u64) << 32 | response.len() as u64;
    *RESPONSE.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = response;
    place
}
