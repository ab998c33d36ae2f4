//! From the spans of `tracing` to those of a trace.

use std::fmt::{Debug, Write};

use ring::rand::{SecureRandom, SystemRandom};
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    time::Instant,
};
use tracing::{
    Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Registry,
    layer::{Context, Layer},
    registry::LookupSpan,
};

use super::{
    super::{Metrics, ResultLabel},
    Ended, FACTS_MAX, Fact, TEXT_MAX, WAITING_MAX,
};
use crate::clock::Clock;

/// The span that begins a trace.
const ROOT: &str = "poll";

/// The span whose fields go to the spans within it.
const INHERITED: &str = "entry";

/// A layer that keeps the spans of polls and hands them over when they end.
pub struct Traces {
    ended: Sender<Ended>,
    metrics: Metrics,
    clock: Clock,
    random: SystemRandom,
    /// A trace is kept if its number is below this.
    bound: u64,
}

/// What is kept of a span while it is open.
enum Kept {
    Open(Box<Open>),
    Inherited(Facts),
    /// Within a trace that is not kept.
    Left,
}

struct Open {
    span: Ended,
    began: Instant,
    /// The fields of the entry that it is within.
    inherited: Facts,
}

#[derive(Clone, Default)]
struct Facts(Vec<(&'static str, Fact)>);

impl Traces {
    /// Keeps the share `ratio` (0 to 1) of the polls.
    pub fn new(ratio: f64, metrics: Metrics, clock: Clock) -> (Self, Receiver<Ended>) {
        let (ended, spans) = mpsc::channel(WAITING_MAX);
        // Saturates at both ends.
        let bound = (ratio * u64::MAX as f64) as u64;
        (Self { ended, metrics, clock, random: SystemRandom::new(), bound }, spans)
    }

    /// Whether a span is of interest: everything else stays with the log.
    pub fn wants(metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with("copydesk::")
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        // Zeros are an invalid id: a receiver leaves such a span out.
        self.random.fill(&mut bytes).ok();
        bytes
    }

    /// A new trace, unless it is one of those that are not kept.
    fn trace(&self) -> Option<[u8; 16]> {
        let trace: [u8; 16] = self.random();
        let [.., a, b, c, d, e, f, g, h] = trace;
        (u64::from_be_bytes([a, b, c, d, e, f, g, h]) <= self.bound && self.bound > 0).then_some(trace)
    }
}

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Traces {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut facts = Facts::default();
        attributes.record(&mut facts);
        let name = attributes.metadata().name();
        if name == INHERITED {
            span.extensions_mut().insert(Kept::Inherited(facts));
            return;
        }
        let (mut within, mut inherited) = (None, Facts::default());
        for above in span.scope().skip(1) {
            match above.extensions().get::<Kept>() {
                Some(Kept::Open(open)) => {
                    within = Some((open.span.trace, open.span.id));
                    inherited.0.extend(open.inherited.0.iter().cloned());
                }
                Some(Kept::Inherited(more)) => {
                    inherited.0.extend(more.0.iter().cloned());
                    continue;
                }
                Some(Kept::Left) => {
                    span.extensions_mut().insert(Kept::Left);
                    return;
                }
                None => continue,
            }
            break;
        }
        let (trace, parent) = match (within, name) {
            (Some((trace, parent)), _) => (Some(trace), Some(parent)),
            (None, ROOT) => (self.trace(), None),
            (None, _) => return,
        };
        let kept = trace.map_or(Kept::Left, |trace| {
            let start = u64::try_from(self.clock.now().timestamp_nanos_opt().unwrap_or_default());
            let start = start.unwrap_or_default();
            let id = self.random();
            facts.0.extend(inherited.0.iter().cloned());
            let span = Ended { trace, id, parent, name, start, end: start, facts: facts.0 };
            Kept::Open(Box::new(Open { span, began: Instant::now(), inherited }))
        });
        span.extensions_mut().insert(kept);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(Kept::Open(open)) = span.extensions_mut().get_mut::<Kept>() {
            let mut facts = Facts(std::mem::take(&mut open.span.facts));
            values.record(&mut facts);
            open.span.facts = facts.0;
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let kept = context.span(&id).and_then(|span| span.extensions_mut().remove::<Kept>());
        let Some(Kept::Open(open)) = kept else { return };
        let Open { mut span, began, .. } = *open;
        let length = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        span.end = span.start.saturating_add(length);
        if self.ended.try_send(span).is_err() {
            self.metrics.trace_spans.get_or_create(&ResultLabel { result: "dropped" }).inc();
        }
    }
}

impl Facts {
    fn add(&mut self, field: &Field, fact: Fact) {
        if self.0.len() < FACTS_MAX {
            self.0.push((field.name(), fact));
        }
    }
}

impl Visit for Facts {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, Fact::Text(value.chars().take(TEXT_MAX).collect()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, Fact::Integer(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, Fact::Integer(i64::try_from(value).unwrap_or(i64::MAX)));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, Fact::Number(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, Fact::Boolean(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        self.record_str(field, &text);
    }
}

/// W3C Trace Context of a span that is kept, with the flag that says so.
pub fn traceparent(span: &tracing::Span) -> Option<String> {
    if span.is_none() {
        return None;
    }
    span.with_subscriber(|(id, dispatch)| {
        let span = dispatch.downcast_ref::<Registry>()?.span(id)?;
        let extensions = span.extensions();
        let Some(Kept::Open(open)) = extensions.get::<Kept>() else { return None };
        Some(format!("00-{}-{}-01", hex(&open.span.trace), hex(&open.span.id)))
    })
    .flatten()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").ok();
        text
    })
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::{filter::filter_fn, layer::SubscriberExt};

    use super::*;

    /// What is kept of a poll with one entry.
    fn polled(ratio: f64) -> (Vec<Ended>, Option<String>, u64) {
        let (metrics, _) = Metrics::new();
        let (traces, mut spans) = Traces::new(ratio, metrics.clone(), Clock::system());
        let subscriber = tracing_subscriber::registry().with(traces.with_filter(filter_fn(Traces::wants)));
        let mut told = None;
        tracing::subscriber::with_default(subscriber, || {
            // Outside of a poll.
            drop(tracing::trace_span!("fetch"));
            tracing::info_span!("poll", feed.name = "courier").in_scope(|| {
                tracing::info_span!("entry", entry.id = "a1").in_scope(|| {
                    let fetch = tracing::trace_span!("fetch", status = tracing::field::Empty);
                    fetch.record("status", 200);
                    tracing::trace_span!("step").in_scope(|| {
                        tracing::debug_span!(target: "elsewhere", "request").in_scope(|| {
                            told = traceparent(&tracing::trace_span!("commit"));
                        });
                    });
                });
            });
        });
        let dropped = metrics.trace_spans.get_or_create(&ResultLabel { result: "dropped" }).get();
        (std::iter::from_fn(|| spans.try_recv().ok()).collect(), told, dropped)
    }

    #[test]
    fn spans_of_a_poll_are_kept_with_their_parents() {
        let (spans, told, dropped) = polled(1.0);
        let [commit, step, fetch, poll] = &spans[..] else { panic!("{spans:?}") };
        assert_eq!((commit.name, step.name, fetch.name, poll.name), ("commit", "step", "fetch", "poll"));
        assert_eq!(dropped, 0);
        assert!(spans.iter().all(|span| span.trace == poll.trace && span.start <= span.end));
        assert_eq!((poll.parent, fetch.parent, step.parent), (None, Some(poll.id), Some(poll.id)));
        assert_eq!(commit.parent, Some(step.id));
        let id = ("entry.id", Fact::Text("a1".into()));
        assert_eq!(fetch.facts, [id.clone(), ("status", Fact::Integer(200))]);
        // Also through the span between.
        assert_eq!((&commit.facts[..], &step.facts[..]), (&[id.clone()][..], &[id][..]));
        assert_eq!(poll.facts, [("feed.name", Fact::Text("courier".into()))]);
        let expected = format!("00-{}-{}-01", hex(&poll.trace), hex(&commit.id));
        assert_eq!(told, Some(expected));
    }

    #[test]
    fn a_share_of_the_polls_is_kept() {
        assert_eq!(polled(0.0), (Vec::new(), None, 0));
        let kept = (0..400).filter(|_| !polled(0.5).0.is_empty()).count();
        // Beyond seven standard deviations on both sides.
        assert!((130..270).contains(&kept), "{kept} of 400");
    }

    #[test]
    fn spans_that_nobody_takes_are_dropped_and_counted() {
        let (metrics, _) = Metrics::new();
        let (traces, spans) = Traces::new(1.0, metrics.clone(), Clock::system());
        let subscriber = tracing_subscriber::registry().with(traces.with_filter(filter_fn(Traces::wants)));
        tracing::subscriber::with_default(subscriber, || {
            for _ in 0..WAITING_MAX + 5 {
                drop(tracing::info_span!("poll", feed.name = "courier"));
            }
        });
        assert_eq!(spans.len(), WAITING_MAX);
        assert_eq!(metrics.trace_spans.get_or_create(&ResultLabel { result: "dropped" }).get(), 5);
    }
}
