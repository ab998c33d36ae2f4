//! Bodies, read piece by piece under a limit that counts decompressed bytes.

use bytes::Bytes;
use http::{HeaderValue, header};
use reqwest::Response;

use super::{
    FetchFailure,
    budget::BodyShare,
    coding::{BodyDecoder, Coding, DecodeError},
    counters::{Counters, add},
    error, freshness,
};

/// A body as far as it came.
pub(super) struct Body {
    pub bytes: Bytes,
    /// What is wrong if it broke off: it is shorter than announced, or its coding has no end.
    pub broken_off: Option<String>,
}

/// How much of a body is read.
pub(super) struct Limits {
    /// A larger body is an error, bytes.
    pub most: usize,
    /// The rest beyond this is not read and is no error, bytes.
    pub enough: Option<usize>,
}

/// Reads the body within its limits, and counts it in `share`.
///
/// # Errors
/// It is too large, finds no room, or nothing of it can be read.
pub(super) async fn read(
    response: &mut Response,
    limits: &Limits,
    share: &mut BodyShare,
    counters: &Counters,
) -> Result<Body, FetchFailure> {
    let limit = limits.most;
    let failure = |error| match error {
        DecodeError::TooLarge => FetchFailure::BodyTooLarge(limit),
        DecodeError::Broken(message) => FetchFailure::BadBody(message),
    };
    if limits.enough.is_none() {
        let announced = response.content_length().unwrap_or_default();
        // No coding makes a body longer by more than a few bytes.
        let announced = usize::try_from(announced).ok().filter(|announced| *announced <= limit);
        share.grow(announced.ok_or(FetchFailure::BodyTooLarge(limit))?)?;
    }
    let label = response.headers().get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
    let label = Coding::named(&freshness::latin1(label.unwrap_or_default())).map_err(failure)?;
    let mut decoder = BodyDecoder::new(label, limit);
    let mut counted = 0;
    let mut broken_off = None;
    loop {
        let piece = match response.chunk().await {
            Ok(Some(piece)) => piece,
            Ok(None) => break,
            Err(error) if decoder.len() == 0 => return Err(error::of_body(error)),
            Err(error) => {
                broken_off = Some(error::innermost(&error.without_url()));
                break;
            }
        };
        let done = decoder.write(&piece);
        add(&counters.body_bytes, (decoder.len().saturating_sub(counted)) as u64);
        counted = decoder.len();
        done.map_err(failure)?;
        if limits.enough.is_some_and(|enough| counted >= enough) {
            return Ok(Body { bytes: decoder.break_off().bytes.into(), broken_off: None });
        }
        share.grow(counted)?;
    }
    let end = match broken_off {
        None => decoder.finish().map_err(failure)?,
        Some(_) => decoder.break_off(),
    };
    add(&counters.body_bytes, (end.bytes.len().saturating_sub(counted)) as u64);
    if !end.as_called {
        add(&counters.mislabelled, 1);
    }
    share.settle(end.bytes.len());
    Ok(Body { bytes: end.bytes.into(), broken_off: broken_off.or(end.broken_off) })
}
