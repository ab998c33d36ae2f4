//! What is known about an article's rights, put together for the record.

use super::Draft;
use crate::{
    feed::Link,
    publish::record::{Rights, RightsStatement, RobotsAnswer, UsagePreferences},
    rights::{AGENT, Access, Declared, Freedom, Place, Signals, Source, Statement, Usage},
};

/// Licences kept per entry, at most.
const LICENCES_MAX: usize = 5;

/// The record's `rights`; `None` if neither page nor entry says anything.
pub(super) fn rights(draft: &Draft) -> Option<Rights> {
    let Declared { signals: of_page, copyright, license, freedom } = &draft.article.declared;
    let mut signals = draft.collected.page.as_ref().map(|page| page.signals.clone()).unwrap_or_default();
    signals.access = signals.access.or(draft.collected.refused);
    signals.statements.extend(of_page.statements.iter().cloned());
    let licences = draft.collected.entry.links.iter().filter(|link| is_licence(link)).take(LICENCES_MAX);
    signals.statements.extend(licences.map(|link| Statement::new(Source::Rsl, Place::Feed, &link.href)));
    for directive in &of_page.directives {
        signals.add_directives(directive);
    }
    let copyright = copyright.clone().or_else(|| draft.collected.entry.rights.clone());
    let says_nothing = signals == Signals::default()
        && copyright.is_none()
        && license.is_none()
        && *freedom == Freedom::Unknown;
    if says_nothing {
        return None;
    }
    let Usage { train_ai, ai_input, search } = signals.usage();
    Some(Rights {
        observed_at: draft.collected.fetched_at,
        robots: signals.access.map(|access| answer(access, &signals)),
        usage: UsagePreferences {
            train_ai: train_ai.as_str().to_owned(),
            ai_input: ai_input.as_str().to_owned(),
            search: search.as_str().to_owned(),
        },
        statements: signals
            .statements
            .into_iter()
            .map(|statement| RightsStatement {
                by: statement.by.as_str().to_owned(),
                place: statement.place.as_str().to_owned(),
                value: statement.value,
                policy: statement.policy,
            })
            .collect(),
        directives: signals.directives,
        copyright,
        license: license.clone(),
        access: freedom.as_str().to_owned(),
    })
}

/// Whether a link of an entry leads to an RSL 1.0 licence.
fn is_licence(link: &Link) -> bool {
    let is = |value: &Option<String>, wanted: &str| {
        value.as_deref().is_some_and(|value| value.trim().eq_ignore_ascii_case(wanted))
    };
    is(&link.rel, "license") && is(&link.media_type, "application/rsl+xml")
}

fn answer(access: Access, signals: &Signals) -> RobotsAnswer {
    RobotsAnswer {
        page: access.as_str().to_owned(),
        agent: AGENT.to_owned(),
        ai_agents_disallowed: signals.ai_agents_disallowed.clone(),
    }
}
