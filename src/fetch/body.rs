//! Bodies, read piece by piece under a limit that counts what comes out of decompression.

use std::io::Read;

use bytes::{Bytes, BytesMut};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use reqwest::Response;

use super::{
    FetchFailure,
    counters::{Counters, add},
    error,
};

/// A body that could not be read.
#[derive(Debug)]
pub(super) struct Broken {
    pub failure: FetchFailure,
    /// It broke before anything came out of it: perhaps its coding is not what the header says.
    pub at_once: bool,
}

/// Reads the body up to `limit` bytes.
pub(super) async fn read(
    response: &mut Response,
    limit: usize,
    counters: &Counters,
) -> Result<Bytes, Broken> {
    let broken = |failure, at_once| Broken { failure, at_once };
    let announced = response.content_length().unwrap_or(0);
    if announced > limit as u64 {
        return Err(broken(FetchFailure::BodyTooLarge(limit), false));
    }
    // What is announced need not come: the room grows with what is there.
    let mut body = BytesMut::with_capacity(usize::try_from(announced).unwrap_or(0).min(64 << 10));
    loop {
        match response.chunk().await {
            Ok(Some(piece)) => {
                add(&counters.body_bytes, piece.len() as u64);
                if piece.len() > limit - body.len() {
                    return Err(broken(FetchFailure::BodyTooLarge(limit), false));
                }
                body.extend_from_slice(&piece);
            }
            Ok(None) => return Ok(body.freeze()),
            Err(failed) => {
                let at_once = body.is_empty() && failed.is_decode();
                return Err(broken(error::of_body(failed), at_once));
            }
        }
    }
}

/// What a body really is whose `Content-Encoding` did not hold, as a server sent it: gzip by its
/// magic number, `deflate` with or without the zlib wrapper (RFC 9110 section 8.4.1.2), or plain.
pub(super) fn unpack(body: Bytes, coding: &str, limit: usize) -> Result<Bytes, FetchFailure> {
    if body.starts_with(&[0x1f, 0x8b]) {
        return inflate(MultiGzDecoder::new(&*body), limit);
    }
    if coding.eq_ignore_ascii_case("deflate") {
        let unwrapped = match inflate(ZlibDecoder::new(&*body), limit) {
            Err(FetchFailure::BadBody(_)) => inflate(DeflateDecoder::new(&*body), limit),
            found => found,
        };
        return match unwrapped {
            Err(FetchFailure::BadBody(_)) => plain(body, coding),
            found => found,
        };
    }
    plain(body, coding)
}

/// Text that was only called compressed. Feeds and pages are text; anything else stays an error.
fn plain(body: Bytes, coding: &str) -> Result<Bytes, FetchFailure> {
    let head = body.get(..body.len().min(512)).unwrap_or_default();
    let control = head.iter().any(|byte| matches!(byte, 0..=8 | 14..=26));
    if control {
        return Err(FetchFailure::BadBody(format!("is not {coding}, as its header says")));
    }
    Ok(body)
}

fn inflate(decoder: impl Read, limit: usize) -> Result<Bytes, FetchFailure> {
    let mut out = Vec::new();
    match decoder.take(limit as u64 + 1).read_to_end(&mut out) {
        Ok(_) if out.len() > limit => Err(FetchFailure::BodyTooLarge(limit)),
        Ok(_) => Ok(out.into()),
        Err(error) => Err(FetchFailure::BadBody(error.to_string())),
    }
}
