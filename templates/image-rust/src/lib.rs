//! What the function answers, the same on every platform.

mod median;

use median::{median, Picture};

pub struct Response {
    pub status: &'static str,
    pub media_type: &'static str,
    pub body: Vec<u8>,
}

pub const BODY_LIMIT: usize = 1 << 20;
const MOST_PIXELS_A_SIDE: usize = 65535;

fn say(status: &'static str, text: &str) -> Response {
    Response { status, media_type: "text/plain; charset=utf-8", body: text.as_bytes().to_vec() }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// A number of a picture's head and what is behind it: blanks and comments, then digits.
fn read_number(mut rest: &[u8]) -> Option<(usize, &[u8])> {
    while let [byte, behind @ ..] = rest {
        if *byte == b'#' {
            rest = &rest[rest.iter().position(|each| *each == b'\n')?..];
        } else if is_blank(*byte) {
            rest = behind;
        } else {
            break;
        }
    }
    let mut number = 0;
    while let [digit @ b'0'..=b'9', behind @ ..] = rest {
        number = number * 10 + usize::from(digit - b'0');
        if number > MOST_PIXELS_A_SIDE {
            return None;
        }
        rest = behind;
    }
    if number == 0 { None } else { Some((number, rest)) }
}

/// Binary PGM (P5, grey) and PPM (P6, red, green and blue) of 256 levels: the head, one blank, the samples.
fn read_picture(body: &[u8], colours: usize) -> Option<Picture<'_>> {
    let (width, rest) = read_number(&body[2..])?;
    let (rows, rest) = read_number(rest)?;
    let (levels, rest) = read_number(rest)?;
    let (blank, samples) = rest.split_first()?;
    let size = width as u64 * rows as u64 * colours as u64;
    if levels != 255 || !is_blank(*blank) || size > samples.len() as u64 {
        return None;
    }
    Some(Picture { samples: &samples[..size as usize], width: width * colours, colours })
}

/// Answers with the head as it came.
fn denoise(body: &[u8]) -> Response {
    let colours = match body {
        [b'P', b'5', ..] => 1,
        [b'P', b'6', ..] => 3,
        _ => return say("415 Unsupported Media Type", "Send a binary PGM or PPM picture (P5, P6).\n"),
    };
    match read_picture(body, colours) {
        None => say("400 Bad Request", "The picture is malformed, cut short, or has not 256 levels.\n"),
        Some(picture) => {
            let head = picture.samples.as_ptr() as usize - body.as_ptr() as usize;
            let mut out = vec![0; head + picture.samples.len()];
            out[..head].copy_from_slice(&body[..head]);
            median(&picture, &mut out[head..]);
            Response { status: "200 OK", media_type: "image/x-portable-anymap", body: out }
        }
    }
}

pub fn answer(method: &str, path: &str, body: &[u8]) -> Response {
    match (method, path) {
        _ if body.len() > BODY_LIMIT => say("413 Content Too Large", "A megabyte is the most.\n"),
        (_, "/health") => say("200 OK", "ok\n"),
        (_, "/") => say("200 OK", "POST a PGM or PPM picture to /denoise and get it without its noise.\n"),
        ("POST", "/denoise") => denoise(body),
        (_, "/denoise") => say("405 Method Not Allowed", "POST a PGM or PPM picture.\n"),
        _ => say("404 Not Found", "There is nothing here.\n"),
    }
}
