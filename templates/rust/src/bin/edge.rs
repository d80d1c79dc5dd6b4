//! Runs answer() as a WASI command, where edge-deploy's glue speaks CGI (RFC 3875): the request in the
//! environment and on standard input, the response on standard output.

use std::io::{Read, Write};

fn main() -> std::io::Result<()> {
    let variable = |name, fallback: &str| std::env::var(name).unwrap_or_else(|_| fallback.to_string());
    let mut body = Vec::new();
    std::io::stdin().take(edge_hello::BODY_LIMIT as u64 + 1).read_to_end(&mut body)?;
    let response = edge_hello::answer(&variable("REQUEST_METHOD", "GET"), &variable("PATH_INFO", "/"), body);
    let mut out = std::io::stdout();
    write!(out, "Status: {}\r\nContent-Type: {}\r\n\r\n", response.status, response.media_type)?;
    out.write_all(&response.body)?;
    out.flush()
}
