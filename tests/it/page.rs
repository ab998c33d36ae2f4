//! The status page, as a browser's requests get it.

use std::time::Duration;

use super::{
    broker,
    daemon::{Daemon, Setup, feed},
    origin::{Answer, Item, Origin},
    prose, reader, wait,
};

const LIMIT: Duration = Duration::from_secs(60);

/// A feed's name that would be a script where it is not escaped.
const HOSTILE: &str = "<script>alert('name')</script> & \"co\"";

/// An answer: status, head and body.
struct Answered {
    status: u16,
    head: String,
    body: String,
}

impl Answered {
    #[track_caller]
    fn has(&self, what: &str) -> &Self {
        assert!(self.body.contains(what), "no {what} in\n{}\n{}", self.head, self.body);
        self
    }

    fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|value| value.strip_prefix(": ")).unwrap_or_default()
    }
}

fn read(answer: &str) -> Answered {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Answered { status, head: head.to_owned(), body: body.to_owned() }
}

/// A page as a browser asks for it.
fn get(daemon: &Daemon, path: &str) -> Answered {
    let host = daemon.admin();
    read(&daemon.send(&format!(
        "GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: text/html,application/xhtml+xml,*/*;q=0.8\r\n\r\n"
    )))
}

/// A form as a browser sends it, with further lines of the head.
fn post(daemon: &Daemon, path: &str, fields: &[(&str, &str)], head: &str) -> Answered {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let (host, length) = (daemon.admin(), body.len());
    read(&daemon.send(&format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\naccept: text/html\r\n{head}\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
    )))
}

/// From the daemon's own pages.
fn origin_of(daemon: &Daemon) -> String {
    format!("origin: http://{}\r\n", daemon.admin())
}

#[test]
fn pages_tell_feeds_rules_and_shards_and_forms_do_what_they_say() {
    let origin = Origin::start();
    let cut = "Sign up for our newsletter to get the best stories every morning.";
    let hostile = Item {
        title: "</h2><script>alert('title')</script>".into(),
        paragraphs: vec![
            "The ferry to the island leaves at seven in the morning, and it is late on most days of the week.".into(),
            "Its captain says that <b onclick=alert(1)>the harbour</b> has to be dredged before the summer.".into(),
            cut.into(),
        ],
        ..Item::numbered(1)
    };
    origin.set("/ferry", Answer::Feed(vec![hostile]));
    origin.set("/closed", Answer::Status(403));
    let feeds = [
        format!("{{name: {HOSTILE:?}, url: {:?}, interval: 1h, content: feed}}", origin.url("/ferry")),
        feed("closed", &origin.url("/closed"), "1h"),
    ];
    let setup = Setup::new(&broker::prefix("page"), &feeds, "");
    let daemon = setup.run();
    daemon.ready();
    reader::first(&setup.articles(), 1, LIMIT);
    let ours = origin_of(&daemon);

    // All feeds.
    let list = wait::until("a walled feed", LIMIT, || {
        Some(get(&daemon, "/feeds")).filter(|page| page.body.contains("Walled"))
    });
    assert_eq!((list.status, list.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = list.header("content-security-policy");
    for rule in ["default-src 'none'", "script-src 'self'", "form-action 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule) && !policy.contains("unsafe"), "{policy}");
    }
    list.has("1 to 2 of 2 feeds").has("&lt;script&gt;alert(").has("403").has("aria-current=\"page\"");
    assert_eq!(list.body.matches("<script").count(), 1, "its own: {}", list.body);
    get(&daemon, "/feeds?search=CLOSED&status=").has("1 to 1 of 1 feed with");
    get(&daemon, "/feeds?search=nobody").has("No feed is found.");
    assert_eq!(get(&daemon, "/feeds?page=0").status, 400);
    assert_eq!(get(&daemon, "/").header("location"), "/feeds");

    // One, paused and resumed.
    let address = format!(
        "/feed?{}",
        url::form_urlencoded::Serializer::new(String::new()).append_pair("name", HOSTILE).finish()
    );
    get(&daemon, &address).has("Next poll").has("&lt;script&gt;").has("Poll now").has("Pause");
    assert_eq!(get(&daemon, "/feed?name=nobody").has("no feed of this name").status, 404);
    let name = [("name", HOSTILE)];
    let refused = post(&daemon, "/feed/poll", &name, &ours);
    assert_eq!(refused.has("a moment ago").has("role=\"alert\"").has("Not before").status, 409);
    let paused = post(&daemon, "/feed/pause", &name, &ours);
    assert_eq!(
        (paused.status, paused.header("location").ends_with("&done=paused")),
        (303, true),
        "{}",
        paused.head
    );
    get(&daemon, paused.header("location")).has("role=\"status\"").has("Paused").has("Resume");
    assert_eq!(post(&daemon, "/feed/resume", &name, &ours).status, 303);

    // Forms of other pages, and of nobody.
    for head in ["", "origin: http://other.example\r\n", "sec-fetch-site: cross-site\r\n", "origin: null\r\n"]
    {
        let refused = post(&daemon, "/feed/pause", &name, head);
        assert_eq!(refused.has("<h1>Forbidden</h1>").status, 403, "{head}");
    }
    assert_eq!(post(&daemon, "/feed/pause", &[("name", "closed"), ("more", "1")], &ours).status, 400);

    // A preview.
    let feed = [("address", origin.url("/ferry")), ("feed", "on".to_owned())];
    let feed: Vec<(&str, &str)> = feed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let preview = post(&daemon, "/preview", &feed, &ours);
    assert_eq!(preview.has(&format!("<del>{cut}</del>")).has("1 of 3 passages").status, 200);
    assert!(!preview.body.contains("<script>") && !preview.body.contains("<b on"), "{}", preview.body);
    let nowhere = post(&daemon, "/preview", &[("address", "http://127.0.0.1:1/")], &ours);
    assert_eq!(nowhere.has("role=\"alert\"").has("value=\"http://127.0.0.1:1/\"").status, 422);
    get(&daemon, "/preview?address=http://a.example/%22onfocus%3D")
        .has("value=\"http://a.example/&quot;onfocus=\"");

    get(&daemon, "/rules").has("1 rule").has(cut);
    get(&daemon, "/shards").has("4 of 4 shards are held here");

    // Programs get what programs read.
    assert!(daemon.page("/nothing").contains("application/problem+json"));
    assert_eq!(get(&daemon, "/nothing").has("<h1>Not Found</h1>").status, 404);
    let rebound = daemon.send("GET /feeds HTTP/1.1\r\nhost: rebound.example\r\naccept: text/html\r\n\r\n");
    assert_eq!(read(&rebound).has("Host has to name this machine").status, 421);
    daemon.stop();
}

#[test]
fn a_page_asks_for_the_token() {
    let setup = Setup::new(&broker::prefix("page-token"), &[], "");
    setup.write("token", "0123456789-0123456789\n");
    setup.change("127.0.0.1:0\"}", "127.0.0.1:0\", token: \"${file:token}\"}");
    let daemon = setup.run();
    daemon.ready();
    let refused = get(&daemon, "/feeds");
    assert_eq!(refused.has("<h1>Unauthorized</h1>").has("password").status, 401);
    assert!(refused.header("www-authenticate").contains("Basic"), "{}", refused.head);
    let styled = read(&daemon.send("GET /assets/style.css HTTP/1.1\r\nhost: localhost\r\n\r\n"));
    assert_eq!((styled.status, styled.header("content-type")), (200, "text/css; charset=utf-8"));
    // `anyone:0123456789-0123456789`, as a browser sends it.
    let basic = "authorization: Basic YW55b25lOjAxMjM0NTY3ODktMDEyMzQ1Njc4OQ==\r\n";
    let page =
        daemon.send(&format!("GET /feeds HTTP/1.1\r\nhost: localhost\r\naccept: text/html\r\n{basic}\r\n"));
    assert_eq!(read(&page).has("No feed is configured.").status, 200);
    // Credentials that a browser adds by itself are no leave for other pages.
    let foreign = post(
        &daemon,
        "/preview",
        &[("address", "http://a.example/")],
        &format!("{basic}sec-fetch-site: cross-site\r\n"),
    );
    assert_eq!(foreign.status, 403);
    daemon.stop();
}

#[test]
fn articles_are_shown_as_they_came_out_and_stories_with_who_tells_them() {
    let origin = Origin::start();
    let cut = "Sign up for our newsletter to get the best stories every morning.";
    let mut paragraphs = prose::paragraphs(7, 8);
    paragraphs.push(cut.into());
    origin.set("/a", Answer::Feed(vec![Item { paragraphs: paragraphs.clone(), ..Item::numbered(1) }]));
    let title = "Council <em> learns";
    origin.set("/b", Answer::Feed(vec![Item { paragraphs, title: title.into(), ..Item::numbered(2) }]));
    let feeds = [feed("courier", &origin.url("/a"), "1h"), feed("gazette", &origin.url("/b"), "1h")];
    let setup = Setup::new(&broker::prefix("page-articles"), &feeds, "");
    let daemon = setup.run();
    daemon.ready();
    get(&daemon, "/articles").has("<h1>Articles</h1>");
    reader::first(&setup.articles(), 2, LIMIT);
    let list = get(&daemon, "/articles");
    list.has("The last 2").has("Stories in several feeds").has("courier</bdi></a>, <a").has("gazette");
    assert!(!list.body.contains("<em>"), "{}", list.body);
    let (_, behind) = list.body.split_once("href=\"/article?").expect("a link to an article");
    let (address, _) = behind.split_once('"').expect("its end");
    let address = format!("/article?{}", address.replace("&amp;", "&"));
    get(&daemon, &address)
        .has("An article as it came out")
        .has(&format!("<del>{cut}</del>"))
        .has("removed: newsletter");
    for (address, status) in [
        ("/article?partition=0&offset=9999", 404),
        ("/article?partition=77", 404),
        ("/article?offset=-1", 400),
    ] {
        assert_eq!(get(&daemon, address).has("role=\"alert\"").status, status, "{address}");
    }
    daemon.stop();
}
