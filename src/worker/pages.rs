//! The further pages of an article that is spread over several pages.

use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::{cpu::Cpu, traced::fetched, with::With};
use crate::{
    edit::{ended, read_page},
    extract::{self, Article},
    fetch::{FetchError, Origin, Page},
    site::site,
};

/// Pages fetched besides the first, at most.
const FURTHER_MAX: usize = 9;

/// No further page is requested after this time ...
const FURTHER_TIME: Duration = Duration::from_secs(30);

/// ... or once the pages have this many bytes: an article is kept in memory, and archived, as a whole.
const FURTHER_BYTES: usize = 8 << 20;

/// What follows the first page of an article.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    /// The further pages, in order.
    pub further: Vec<Page>,
    /// The article of all pages; `None` if reading one panicked.
    pub article: Option<Article>,
}

impl Pages {
    /// Reads `first` and fetches what it says comes next on its site: at most 9 further pages, none twice.
    /// `with` is what they are requested with. `count` is called with every answer. An article with a page
    /// that cannot be fetched is truncated.
    pub async fn fetch(
        origin: &dyn Origin,
        cpu: &Cpu,
        first: &Page,
        with: &With,
        count: impl Fn(&Result<Page, FetchError>),
    ) -> Self {
        let started = Instant::now();
        let mut pages = Self::default();
        let Some(mut article) = reading(cpu, first).await else { return pages };
        let mut seen = vec![first.url.clone()];
        let mut bytes = 0;
        while let Some(next) = next(&article, first, &seen)
            && first.status < 400
            && pages.further.len() < FURTHER_MAX
            && bytes < FURTHER_BYTES
            && started.elapsed() < FURTHER_TIME
        {
            let answer = fetched(origin.page(with.request(next.clone()))).await;
            count(&answer);
            let Ok(page) = answer else { break };
            // A redirect may lead back, or away.
            if page.status >= 400 || seen.contains(&page.url) || site(&page.url) != site(&first.url) {
                break;
            }
            bytes += page.body.len();
            seen.extend([next, page.url.clone()]);
            let Some(part) = reading(cpu, &page).await else { break };
            article = extract::join(article, part);
            pages.further.push(page);
        }
        pages.article = Some(ended(article));
        pages
    }
}

/// Where the article continues, if that is on the same site and new.
fn next(article: &Article, first: &Page, seen: &[Url]) -> Option<Url> {
    let next = Url::parse(article.next_page.as_deref()?).ok()?;
    (site(&next) == site(&first.url) && !seen.contains(&next)).then_some(next)
}

async fn reading(cpu: &Cpu, page: &Page) -> Option<Article> {
    let page = page.clone();
    cpu.run("extract", move || read_page(&page)).await.ok()
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, collections::HashMap, sync::Mutex};

    use chrono::DateTime;
    use futures_util::future::BoxFuture;

    use super::*;
    use crate::{
        extract::Verdict,
        fetch::{FeedRequest, FeedResponse, PageRequest},
    };

    /// Pages by address; anything else is a 404. Keeps what was requested.
    struct Web(HashMap<String, String>, Mutex<Vec<String>>);

    impl Origin for Web {
        fn feed(&self, _: FeedRequest) -> BoxFuture<'_, Result<FeedResponse, FetchError>> {
            unreachable!("no feed is asked for")
        }

        fn page(&self, PageRequest { url, .. }: PageRequest) -> BoxFuture<'_, Result<Page, FetchError>> {
            self.1.lock().unwrap().push(url.to_string());
            let body = self.0.get(url.as_str());
            let page = page(&url, body.map_or("", String::as_str), if body.is_some() { 200 } else { 404 });
            Box::pin(async move { Ok(page) })
        }
    }

    fn page(url: &Url, body: &str, status: u16) -> Page {
        Page {
            url: url.clone(),
            content_type: Some("text/html; charset=utf-8".into()),
            status,
            body: body.to_owned().into(),
            fetched_at: DateTime::UNIX_EPOCH,
            signals: Default::default(),
            wall: None,
            share: None,
        }
    }

    fn address(number: usize) -> String {
        let base = "https://courier.example.org/pier-vote";
        if number == 1 { base.to_owned() } else { format!("{base}/{number}") }
    }

    /// Part `number` of an article, with a link to `next`.
    fn html(number: usize, next: Option<usize>) -> String {
        let paragraphs: String = (1..=5)
            .map(|paragraph| {
                format!(
                    "<p>In year {number}{paragraph} the council of Brackwater, which had refused twice before, \
                     voted to set aside money for the old stone pier and its wider walkway.</p>"
                )
            })
            .collect();
        let link = next.map_or_else(String::new, |next| format!("<a href='{}'>Next</a>", address(next)));
        format!(
            "<title>The pier</title><article><h1>The pier of Brackwater</h1><div class='article-body'>\
             {paragraphs}</div><div class='pagination'>{link}</div></article>"
        )
    }

    fn fetch(pages: &[(usize, Option<usize>)]) -> (Pages, Vec<String>, usize) {
        let web = Web(
            pages.iter().map(|(number, next)| (address(*number), html(*number, *next))).collect(),
            Mutex::default(),
        );
        let first = Url::parse(&address(1)).unwrap();
        let first = page(&first, &html(1, pages[0].1), 200);
        let counted = Cell::new(0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let pages = runtime.block_on(Pages::fetch(&web, &Cpu::inline(), &first, &With::default(), |_| {
            counted.set(counted.get() + 1);
        }));
        (pages, web.1.into_inner().unwrap(), counted.get())
    }

    #[test]
    fn an_article_of_several_pages_is_whole() {
        let (pages, asked, counted) = fetch(&[(1, Some(2)), (2, Some(3)), (3, None)]);
        let article = pages.article.unwrap();
        assert_eq!(asked, [address(2), address(3)]);
        assert_eq!((counted, pages.further.len()), (2, 2));
        assert_eq!((article.blocks.len(), article.verdict), (15, Verdict::Full));
        assert!(article.blocks[10].text.starts_with("In year 31"));
    }

    #[test]
    fn parts_are_bounded_and_none_is_fetched_twice() {
        let endless: Vec<(usize, Option<usize>)> = (1..40).map(|part| (part, Some(part + 1))).collect();
        let (pages, asked, _) = fetch(&endless);
        assert_eq!((asked.len(), pages.article.unwrap().verdict), (FURTHER_MAX, Verdict::Truncated));
        let (pages, asked, _) = fetch(&[(1, Some(2)), (2, Some(2))]);
        assert_eq!((asked.len(), pages.further.len()), (1, 1));
        let (pages, asked, counted) = fetch(&[(1, Some(2))]);
        assert_eq!((asked.len(), counted, pages.further.len()), (1, 1, 0));
        assert_eq!(pages.article.unwrap().verdict, Verdict::Truncated);
    }
}
