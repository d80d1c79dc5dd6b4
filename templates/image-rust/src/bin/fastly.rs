//! Runs answer() on Fastly Compute, whose host functions take the place of a crate here. Each returns 0
//! when all is well. Build it for a wasm target.

mod host {
    #[link(wasm_import_module = "fastly_abi")]
    extern "C" {
        pub fn init(version: u64) -> i32;
    }
    #[link(wasm_import_module = "fastly_http_req")]
    extern "C" {
        pub fn body_downstream_get(request: *mut u32, body: *mut u32) -> i32;
        pub fn method_get(request: u32, to: *mut u8, room: usize, size: *mut usize) -> i32;
        pub fn uri_get(request: u32, to: *mut u8, room: usize, size: *mut usize) -> i32;
    }
    pub mod body {
        #[link(wasm_import_module = "fastly_http_body")]
        extern "C" {
            pub fn new(body: *mut u32) -> i32;
            pub fn read(body: u32, to: *mut u8, room: usize, size: *mut usize) -> i32;
            pub fn write(body: u32, from: *const u8, size: usize, end: i32, done: *mut usize) -> i32;
        }
    }
    pub mod response {
        #[link(wasm_import_module = "fastly_http_resp")]
        extern "C" {
            pub fn new(response: *mut u32) -> i32;
            pub fn status_set(response: u32, status: u32) -> i32;
            pub fn header_insert(response: u32, name: *const u8, name_size: usize, value: *const u8, value_size: usize)
                -> i32;
            pub fn send_downstream(response: u32, body: u32, streaming: u32) -> i32;
        }
    }
}

/// A trap: the platform answers with an error of its own.
fn check(status: i32) {
    if status != 0 {
        std::process::abort();
    }
}

fn text(get: unsafe extern "C" fn(u32, *mut u8, usize, *mut usize) -> i32, request: u32) -> String {
    let mut bytes = vec![0; 8192];
    let mut size = 0;
    check(unsafe { get(request, bytes.as_mut_ptr(), bytes.len(), &mut size) });
    bytes.truncate(size);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The path of "https://host/path?query".
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    path.split(['?', '#']).next().unwrap_or("/")
}

fn read(body: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut piece = vec![0; 65536];
    while out.len() <= edge_image::BODY_LIMIT {
        let mut size = 0;
        check(unsafe { host::body::read(body, piece.as_mut_ptr(), piece.len(), &mut size) });
        if size == 0 {
            break;
        }
        out.extend_from_slice(&piece[..size]);
    }
    out
}

fn send(response: &edge_image::Response) {
    let (name, value) = ("content-type", response.media_type);
    let (mut handle, mut body) = (0, 0);
    let mut rest = &response.body[..];
    unsafe {
        check(host::response::new(&mut handle));
        check(host::body::new(&mut body));
        check(host::response::status_set(handle, response.status[..3].parse().unwrap_or(500)));
        check(host::response::header_insert(handle, name.as_ptr(), name.len(), value.as_ptr(), value.len()));
        while !rest.is_empty() {
            let mut done = 0;
            check(host::body::write(body, rest.as_ptr(), rest.len(), 0, &mut done));
            rest = &rest[done..];
        }
        check(host::response::send_downstream(handle, body, 0));
    }
}

fn main() {
    let (mut request, mut body) = (0, 0);
    unsafe {
        check(host::init(1));
        check(host::body_downstream_get(&mut request, &mut body));
    }
    let method = text(host::method_get, request);
    let url = text(host::uri_get, request);
    send(&edge_image::answer(&method, path_of(&url), &read(body)));
}
