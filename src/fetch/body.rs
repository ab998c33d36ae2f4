//! Bodies, read piece by piece under a limit that counts what comes out of decompression.

use bytes::Bytes;
use http::{HeaderValue, header};
use reqwest::Response;

use super::{
    FetchFailure,
    coding::{Coding, Fault, Undo},
    counters::{Counters, add},
    error, freshness,
};

/// Reads the body up to `limit` bytes.
pub(super) async fn read(
    response: &mut Response,
    limit: usize,
    counters: &Counters,
) -> Result<Bytes, FetchFailure> {
    let told = |fault| match fault {
        Fault::TooLarge => FetchFailure::BodyTooLarge(limit),
        Fault::Broken(message) => FetchFailure::BadBody(message),
    };
    // No coding makes a body longer by more than a few bytes.
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(FetchFailure::BodyTooLarge(limit));
    }
    let label = response.headers().get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
    let label = Coding::named(&freshness::latin1(label.unwrap_or_default())).map_err(told)?;
    let mut undo = Undo::new(label, limit);
    let mut counted = 0;
    while let Some(piece) = response.chunk().await.map_err(error::of_body)? {
        let done = undo.write(&piece);
        add(&counters.body_bytes, (undo.len().saturating_sub(counted)) as u64);
        counted = undo.len();
        done.map_err(told)?;
    }
    let (body, as_called) = undo.finish().map_err(told)?;
    add(&counters.body_bytes, (body.len().saturating_sub(counted)) as u64);
    if !as_called {
        add(&counters.mislabelled, 1);
    }
    Ok(body.into())
}
