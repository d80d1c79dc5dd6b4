//! What the function answers, the same on every platform.

pub struct Response {
    pub status: &'static str,
    pub media_type: &'static str,
    pub body: Vec<u8>,
}

pub const BODY_LIMIT: usize = 1 << 20;

fn say(status: &'static str, text: &str) -> Response {
    Response { status, media_type: "text/plain; charset=utf-8", body: text.as_bytes().to_vec() }
}

/// Letters of ASCII the other way round: upper case to lower case and back. All other bytes stay.
fn swap_case(mut body: Vec<u8>) -> Response {
    for byte in &mut body {
        if byte.is_ascii_alphabetic() {
            *byte ^= 0x20;
        }
    }
    Response { status: "200 OK", media_type: "text/plain; charset=utf-8", body }
}

pub fn answer(method: &str, path: &str, body: Vec<u8>) -> Response {
    match (method, path) {
        _ if body.len() > BODY_LIMIT => say("413 Content Too Large", "A megabyte is the most.\n"),
        (_, "/") => say("200 OK", "Hello from the edge. POST a text to /swap to swap its case.\n"),
        (_, "/health") => say("200 OK", "ok\n"),
        ("POST", "/swap") => swap_case(body),
        (_, "/swap") => say("405 Method Not Allowed", "POST a text.\n"),
        _ => say("404 Not Found", "There is nothing here.\n"),
    }
}
