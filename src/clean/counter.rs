//! What speaks against removal.

use super::{
    evidence::{Scope, Signal, Source},
    kind::Kind,
    layout::{Layout, Line},
    prose::Prose,
};

/// What speaks against removal.
pub(super) fn counter<'a>(
    prose: &Prose,
    layout: &Layout<'_>,
    line: &Line<'_>,
    scope: &Scope<'_>,
    out: &mut Vec<Signal<'a>>,
) {
    let states = out.iter().any(|signal| signal.kind.is_some_and(Kind::addresses))
        && prose.states(line, scope.language);
    let known: Vec<Option<Kind>> = out
        .iter()
        .filter(|signal| signal.weight >= 0.7 && signal.source != Source::Inside)
        .map(|signal| signal.kind)
        .collect();
    let mut add = |rule, weight| out.push(Signal::new(rule, None, Source::Counter, weight));
    if line.quoted && line.weight > 60 && line.stopped {
        add("counter/quote", -0.4);
    }
    if line.weight > 60 && prose.reports(line) {
        add("counter/reporting", -0.35);
    }
    if states {
        add("counter/statement", -0.3);
    }
    let wordy = |kind: &Option<Kind>| {
        use Kind::{Bio, Consent, Disclaimer, Newsletter, Paywall, Support};
        matches!(kind, Some(Consent | Newsletter | Support | Disclaimer | Bio | Paywall))
    };
    if line.weight > 260 && line.stopped && !known.iter().any(wordy) {
        // A phrase inside a long paragraph is a phrase of that paragraph.
        add("counter/prose", if known.is_empty() { -0.25 } else { -0.15 });
    }
    if layout.in_main(line) && line.prose() && line.block.tag == "p" {
        add("counter/main", -0.1);
    }
    if line.heading && line.link < 0.5 && layout.in_main(line) {
        add("counter/heading", -0.2);
    }
}
