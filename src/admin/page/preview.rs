//! An article as it would come out, of an address that is typed in.

use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};
use maud::{Markup, html};

use super::{
    super::{
        Admin,
        input::Query,
        preview::{Previewed, Wanted},
        problem::Problem,
    },
    article::article,
    form::{Answers, Form},
    link,
    shell::{Page, told},
    text::text,
};
use crate::preview::decided;

const TITLE: &str = "Preview";

/// The form, filled where the address says with what; nothing is fetched for a link.
pub(super) async fn show(State(admin): State<Admin>, address: Uri) -> Result<Response, Problem> {
    let query = Query::read(address.query().unwrap_or_default(), &["address", "feed"])?;
    let form = asked(query.get("address").unwrap_or_default(), query.get("feed").is_some());
    Ok(answer(&admin, &form, &html! {}, StatusCode::OK))
}

pub(super) const OF: Answers =
    Answers { fields: &["address", "feed"], call: |admin, form| Box::pin(preview(admin, form)) };

async fn preview(admin: Admin, form: Form) -> Result<Response, Problem> {
    let (address, feed) = (form.get("address").trim(), !form.get("feed").is_empty());
    let wanted = Wanted { address: Some(address.to_owned()), feed, ..Wanted::default() };
    let (shown, status) = match admin.preview(wanted).await {
        Ok(articles) => (articles_shown(&articles), StatusCode::OK),
        Err(problem) => (told(&problem), problem.status()),
    };
    Ok(answer(&admin, &asked(address, feed), &shown, status))
}

fn answer(admin: &Admin, form: &Markup, shown: &Markup, status: StatusCode) -> Response {
    let content = html! {
        h1 { (TITLE) }
        p {
            "An article as it would be published, with the rules in force and within the limits of polls. Nothing is \
             published or remembered. What is removed only because it repeats on its site stays here."
        }
        (form)
        (shown)
    };
    Page { title: TITLE, place: Some(link::PREVIEW), live: false, content }.answer(admin, status)
}

fn asked(address: &str, feed: bool) -> Markup {
    html! {
        form.preview action=(link::PREVIEW) method="post" {
            p {
                label for="address" { "Address of a page or a feed" }
                input #address type="url" name="address" required maxlength="2000" value=(text(address))
                    placeholder="https://example.org/news/article" autocomplete="off" spellcheck="false";
            }
            p {
                input #feed type="checkbox" name="feed" value="on" checked[feed];
                " " label for="feed" { "It is a feed: show its entries" }
            }
            p { button type="submit" { "Preview" } }
        }
    }
}

fn articles_shown(articles: &[Previewed]) -> Markup {
    html! {
        @if articles.is_empty() {
            div.empty { p { strong { "The feed has no entries." } } }
        } @else {
            @if articles.len() > 1 { p role="status" { (articles.len()) " entries" } }
            @for (number, previewed) in articles.iter().enumerate() {
                @let Previewed { record, blocks, decisions } = previewed;
                (article(record, &decided(blocks, decisions, &record.removed), number))
            }
        }
    }
}
