//! Forms that people send.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{self, MethodRouter},
};
use url::form_urlencoded;

use super::super::{Admin, input::bytes, problem::Problem};

/// Largest form, bytes: an address in it has 2,000 at most, each up to three.
const FORM_MAX: usize = 16 << 10;

/// The fields of a form, each once.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// What is in the field; empty where there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    async fn read(request: Request, known: &[&str]) -> Result<Self, Problem> {
        let (head, body) = request.into_parts();
        comes_from_a_page(&head.headers)?;
        let kind = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if kind.is_none_or(|kind| !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")) {
            let detail = "a form is expected (application/x-www-form-urlencoded); programs use the API";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let body = bytes(&head.headers, body, FORM_MAX).await?;
        let fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
        for (place, (name, _)) in fields.iter().enumerate() {
            if !known.contains(&name.as_str()) || fields.iter().take(place).any(|(other, _)| other == name) {
                return Err(Problem::bad_request("the form has other fields than the page"));
            }
        }
        Ok(Self(fields))
    }
}

/// A browser says which page a form comes from. `guard` has refused those of other origins; a form
/// that says nothing is refused here, since any page could make it.
fn comes_from_a_page(headers: &HeaderMap) -> Result<(), Problem> {
    let same = headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    if same || headers.contains_key(header::ORIGIN) {
        return Ok(());
    }
    let detail = "the form does not say which page it comes from (Origin); programs use the API";
    Err(Problem::new(StatusCode::FORBIDDEN, detail))
}

/// What answers a form.
pub(super) struct Answers {
    /// Its fields.
    pub(super) fields: &'static [&'static str],
    /// Answers it.
    pub(super) call: fn(Admin, Form) -> futures_util::future::BoxFuture<'static, Result<Response, Problem>>,
}

pub(super) fn post(answers: Answers) -> MethodRouter<Admin> {
    let handler = async move |State(admin): State<Admin>, request: Request| {
        let answered = async { (answers.call)(admin, Form::read(request, answers.fields).await?).await };
        answered.await.unwrap_or_else(IntoResponse::into_response)
    };
    routing::post(handler)
}
