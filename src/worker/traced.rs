//! What is done in a poll, as spans of its trace: [`crate::observe::trace`].

use tracing::{Instrument, Span, field::Empty, trace_span};

use crate::fetch::FetchError;

/// A request as a span of its poll.
pub(super) async fn fetched<T>(
    request: impl Future<Output = Result<T, FetchError>>,
) -> Result<T, FetchError> {
    let span = trace_span!("fetch", error.type = Empty);
    let answer = request.instrument(span.clone()).await;
    if let Err(error) = &answer {
        span.record("error.type", error.reason());
    }
    answer
}

/// A step of computing.
pub(super) fn computed(step: &str) -> Span {
    match step {
        "feed" => trace_span!("parse"),
        "extract" => trace_span!("extract"),
        "clean" => trace_span!("clean"),
        _ => trace_span!("compute", step),
    }
}
