//! The shards of the ledger that this instance holds.

use axum::{extract::State, http::StatusCode, response::Response};
use maud::{Markup, html};

use super::{
    super::{Admin, problem::Problem},
    feeds::grouped,
    link,
    shell::Page,
};
use crate::schedule::ShownShard;

const TITLE: &str = "Shards";

pub(super) async fn show(State(admin): State<Admin>) -> Result<Response, Problem> {
    let content = content(&admin.held().await?, admin.config.topics.ledger_partitions);
    let page = Page { title: TITLE, place: Some(link::SHARDS), live: true, content };
    Ok(page.answer(&admin, StatusCode::OK))
}

fn content(held: &[ShownShard], partitions: i32) -> Markup {
    let sum = |of: fn(&ShownShard) -> usize| grouped(held.iter().map(of).sum::<usize>());
    html! {
        h1 { (TITLE) }
        p { "Feeds are spread over the partitions of the ledger; each is held by one instance, which polls its feeds." }
        div #shards data-live {
            @if held.is_empty() {
                div.empty { p { strong { "This instance holds none of the " (partitions) " shards." } } }
            } @else {
                div.scroll role="region" aria-labelledby="caption" tabindex="0" {
                    table {
                        caption #caption { (held.len()) " of " (partitions) " shards are held here" }
                        thead {
                            tr {
                                th scope="col" { "Shard" }
                                th scope="col" { "State" }
                                th.number scope="col" { "Feeds" }
                                th.number scope="col" { "Polls under way" }
                                th.number scope="col" { "Unreadable records" }
                            }
                        }
                        tbody {
                            @for shard in held {
                                tr {
                                    th scope="row" { (shard.shard) }
                                    td { (state(shard)) }
                                    td.number { (grouped(shard.feeds)) }
                                    td.number { (grouped(shard.polls)) }
                                    td.number { (grouped(shard.quarantined)) }
                                }
                            }
                        }
                        tfoot {
                            tr {
                                th scope="row" { "All" }
                                td {}
                                td.number { (sum(|shard| shard.feeds)) }
                                td.number { (sum(|shard| shard.polls)) }
                                td.number { (sum(|shard| shard.quarantined)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn state(shard: &ShownShard) -> Markup {
    html! {
        @if shard.blocked {
            span.badge.bad { "Blocked" } span.why { "Kafka takes none of its records at the moment" }
        } @else if shard.leaving {
            span.badge.rest { "Leaving" } span.why { "it goes to another instance" }
        } @else {
            span.badge.good { "Held" }
        }
    }
}
