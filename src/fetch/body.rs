//! Bodies, read piece by piece under a limit that counts what comes out of decompression.

use bytes::Bytes;
use http::{HeaderValue, header};
use reqwest::Response;

use super::{
    FetchFailure,
    coding::{BodyDecoder, Coding, DecodeError},
    counters::{Counters, add},
    error, freshness,
};

/// A body as far as it came.
pub(super) struct Body {
    pub bytes: Bytes,
    /// What is wrong where it broke off: it is shorter than announced, or its coding has no end.
    pub broken_off: Option<String>,
}

/// Reads the body up to `limit` bytes.
///
/// # Errors
/// Where it is too large, or nothing of it can be read.
pub(super) async fn read(
    response: &mut Response,
    limit: usize,
    counters: &Counters,
) -> Result<Body, FetchFailure> {
    let failure = |error| match error {
        DecodeError::TooLarge => FetchFailure::BodyTooLarge(limit),
        DecodeError::Broken(message) => FetchFailure::BadBody(message),
    };
    // No coding makes a body longer by more than a few bytes.
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(FetchFailure::BodyTooLarge(limit));
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
    }
    let end = match broken_off {
        None => decoder.finish().map_err(failure)?,
        Some(_) => decoder.break_off(),
    };
    add(&counters.body_bytes, (end.bytes.len().saturating_sub(counted)) as u64);
    if !end.as_called {
        add(&counters.mislabelled, 1);
    }
    Ok(Body { bytes: end.bytes.into(), broken_off: broken_off.or(end.broken_off) })
}
