//! No private address is connected to: not as a feed, a page, a redirect or a `robots.txt`, not as an
//! answer of a name. The addresses are in `tests/cases/address`.

use std::process::{Command, Stdio};

use super::*;
use crate::yaml::{self, Decoder, Fields, Node};

/// This test is the one that runs within a network in which every address is the machine's own.
const OWNED: &str = "COPYDESK_TEST_OWNS_ALL_ADDRESSES";
/// Cases that the list of vectors this began with comes to: 48, each as a feed, a page and a redirect,
/// and 36 as answers of names.
const CASES_MIN: u64 = 180;

/// Something that must not be reached.
struct Case {
    id: String,
    host: String,
    /// A machine without any network has it as well.
    own: bool,
}

fn document_of(file: &str) -> Node {
    let path = format!("{}/tests/cases/address/{file}.yaml", env!("CARGO_MANIFEST_DIR"));
    yaml::parse(&path, &std::fs::read_to_string(&path).unwrap()).unwrap()
}

/// What `take` makes of each item of the list `key`; nothing of it may be wrong.
fn list<T>(file: &str, key: &str, keys: &[&str], take: impl Fn(&mut Decoder, &Fields<'_>) -> T) -> Vec<T> {
    let (root, mut decoder) = (document_of(file), Decoder::default());
    let fields = decoder.fields(&root, &["numbers", "names", "forms"]).unwrap();
    let nodes = fields.required(&mut decoder, key).and_then(|node| decoder.sequence(node)).unwrap();
    let mut items = Vec::new();
    for node in nodes {
        let fields = decoder.fields(node, keys).unwrap();
        items.push(take(&mut decoder, &fields));
    }
    assert!(decoder.problems.is_empty(), "{:?}", decoder.problems);
    items
}

fn text(decoder: &mut Decoder, fields: &Fields<'_>, key: &str) -> String {
    fields.required(decoder, key).and_then(|node| decoder.text(node)).unwrap_or_default().to_owned()
}

fn refused(key: &str) -> Vec<Case> {
    list("refused", key, &["id", "host", "own"], |decoder, fields| Case {
        id: text(decoder, fields, "id"),
        host: text(decoder, fields, "host"),
        own: fields.get("own").and_then(|node| decoder.boolean(node)).unwrap_or(false),
    })
}

/// The address that a number stands for.
fn number(case: &Case) -> IpAddr {
    match Url::parse(&format!("http://{}/", case.host)).unwrap().host().unwrap() {
        url::Host::Ipv4(address) => address.into(),
        url::Host::Ipv6(address) => address.into(),
        url::Host::Domain(name) => panic!("{}: {name} is no number", case.id),
    }
}

/// `public.example` and what is below it lead to 127.0.0.2, `ID.number.example` to a number.
fn lookup() -> Lookup {
    let numbers: Vec<(String, IpAddr)> =
        refused("numbers").iter().map(|case| (case.id.clone(), number(case))).collect();
    Arc::new(move |name| {
        let name = name.trim_end_matches('.');
        let id = name.strip_suffix(".number.example");
        let listed = numbers.iter().find(|(known, _)| Some(known.as_str()) == id);
        let found = match (listed, name) {
            (Some((_, number)), _) => vec![(*number, 0).into()],
            (None, "mixed.example") => vec![address(2), ([10, 0, 0, 1], 0).into()],
            (None, name) if name.ends_with("public.example") => vec![address(2)],
            _ => vec![address(1)],
        };
        async move { Ok(found) }.boxed()
    })
}

/// Reaches public addresses, and 127.0.0.2 in place of one.
fn guarded() -> Fetcher {
    let reach: Reach = Arc::new(|address| is_public(address) || address == IpAddr::from([127, 0, 0, 2]));
    let http = Http { allow_private_networks: false, per_site: 64, ..settings() };
    Fetcher::build(&http, clock(), lookup(), reach).unwrap()
}

/// Where somebody listens on every address the machine has.
async fn canary() -> Server {
    let anywhere = if std::net::TcpListener::bind("[::]:0").is_ok() { "[::]:0" } else { "0.0.0.0:0" };
    Server::start_at(anywhere, |_| Script::ok("reached")).await
}

/// Redirects whatever is asked for to what its path says, or for `robots.txt` its host's first label.
async fn redirector() -> Server {
    Server::start_at("127.0.0.2:0", |request| {
        let path = request.split([' ', '/']).nth(2).unwrap_or_default();
        let host = server::sent(request, "host").unwrap_or_default();
        let coded = match path {
            "robots.txt" => host.split('.').next().unwrap_or_default(),
            path => path,
        };
        let bytes: Vec<u8> = (0..coded.len() / 2)
            .filter_map(|at| u8::from_str_radix(coded.get(2 * at..2 * at + 2)?, 16).ok())
            .collect();
        let target = String::from_utf8(bytes).unwrap_or_default();
        Script::status("302 Found").header(&format!("location: {target}"))
    })
    .await
}

#[tokio::test]
async fn no_private_address_is_connected_to() {
    let (canary, redirector) = (canary().await, redirector().await);
    let (port, through) = (canary.address.port(), redirector.address.port());
    let fetcher = guarded();
    let numbers = refused("numbers");
    let answers = numbers.iter().map(|case| format!("{}.number.example", case.id));
    let hosts: Vec<String> =
        numbers.iter().chain(&refused("names")).map(|case| case.host.clone()).chain(answers).collect();
    for host in &hosts {
        let url = format!("http://{host}:{port}/");
        // Hexadecimal, so that it can be a path and a label of a name as well.
        let coded = hex(Url::parse(&url).unwrap().as_str().bytes().collect::<Vec<_>>().iter());
        let redirected = format!("http://public.example:{through}/{coded}");
        for url in [&url, &redirected] {
            let error = document(&fetcher, url).await.unwrap_err();
            assert_eq!(error.reason(), "blocked_address", "{url}: {error}");
        }
        let robots = format!("http://{coded}.public.example:{through}/page");
        for url in [&url, &robots] {
            // A name's label has an end; the address of a robots.txt is tried where it fits into one.
            if coded.len() > 63 && *url == robots {
                continue;
            }
            let page = PageRequest::of(Url::parse(url).unwrap());
            let error = fetcher.page(&page).await.unwrap_err();
            assert_eq!(error.reason(), "blocked_address", "page {host}: {error}");
        }
    }
    assert!(canary.log().is_empty(), "{:?}", canary.log());
    assert_eq!(canary.connections.load(Relaxed), 0);
    let blocked = fetcher.counters().failures().find(|(reason, _)| *reason == "blocked_address");
    assert!(blocked.is_some_and(|(_, cases)| cases >= CASES_MIN), "{blocked:?}");
}

/// The test above can fail: without the guard the canary is reached.
#[tokio::test]
async fn what_is_refused_is_reached_without_the_guard() {
    let canary = canary().await;
    let reach: Reach = Arc::new(|_| true);
    let open = Fetcher::build(&settings(), clock(), lookup(), reach).unwrap();
    let has_v6 = canary.address.is_ipv6();
    let mut reached = 0;
    for case in refused("numbers") {
        let owned = std::env::var_os(OWNED).is_some();
        if !(owned || case.own && (has_v6 || !case.host.starts_with('['))) {
            continue;
        }
        let came = document(&open, &format!("http://{}:{}/", case.host, canary.address.port())).await;
        assert!(came.is_ok() || !case.own, "{}: {came:?}", case.id);
        reached += usize::from(came.is_ok());
    }
    let least = if std::env::var_os(OWNED).is_some() { 40 } else { 14 };
    assert!(reached >= least, "only {reached} were reached");
}

/// Both tests above once more where the machine has every address, so that a connection attempt to any
/// of them would arrive: in a network namespace, where the system lets us have one.
#[test]
fn no_address_of_the_network_is_connected_to_where_all_are_ours() {
    const SCRIPT: &str = "ip link set lo up && ip route add local 0.0.0.0/0 dev lo \
         && { ip -6 route add local ::/0 dev lo || true; } && exec \"$@\"";
    let namespace = |command: &[&str]| {
        let mut unshare = Command::new("unshare");
        unshare.args(["--user", "--map-root-user", "--net", "sh", "-c", SCRIPT, "sh"]).args(command);
        unshare.env(OWNED, "1").stdin(Stdio::null());
        unshare
    };
    if !namespace(&["true"]).output().is_ok_and(|output| output.status.success()) {
        eprintln!("no network namespace is to be had here: the addresses of others are tried from outside");
        return;
    }
    let own = std::env::current_exe().unwrap();
    let module = "fetch::tests::addresses";
    let output = namespace(&[
        own.to_str().unwrap(),
        "--exact",
        &format!("{module}::no_private_address_is_connected_to"),
        &format!("{module}::what_is_refused_is_reached_without_the_guard"),
    ])
    .output()
    .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("2 passed"), "{told}");
}

#[tokio::test]
async fn tricks_with_the_form_of_the_address_fail() {
    let forms = list("forms", "forms", &["id", "url", "reason"], |decoder, fields| {
        ["id", "url", "reason"].map(|key| text(decoder, fields, key))
    });
    for [id, url, reason] in forms {
        let found = document(&guarded(), &url).await;
        assert_eq!(found.as_ref().map_or_else(FetchError::reason, |_| "ok"), reason, "{id}");
    }
}

#[tokio::test]
async fn a_name_cannot_change_its_mind() {
    let canary = Server::start(|_| Script::ok("reached")).await;
    let port = canary.address.port();
    let first = std::sync::atomic::AtomicBool::new(true);
    let lookup: Lookup = Arc::new(move |_| {
        let last = if first.swap(false, Relaxed) { 2 } else { 1 };
        async move { Ok(vec![address(last)]) }.boxed()
    });
    let reach: Reach = Arc::new(|address| address == IpAddr::from([127, 0, 0, 2]));
    let fetcher =
        Fetcher::build(&Http { allow_private_networks: false, ..settings() }, clock(), lookup, reach);
    let fetcher = fetcher.unwrap();
    let url = format!("http://rebinding.example:{port}/");
    assert_eq!(document(&fetcher, &url).await.unwrap_err().reason(), "connect");
    assert_eq!(document(&fetcher, &url).await.unwrap_err().reason(), "blocked_address");
    assert!(canary.log().is_empty());
}

#[tokio::test]
async fn private_networks_can_be_allowed() {
    let server = Server::start(|_| Script::ok("x")).await;
    let allowed = Fetcher::new(&settings(), clock()).unwrap();
    let local = server.url("/").replace("127.0.0.1", "localhost");
    document(&allowed, &server.url("/")).await.unwrap();
    document(&allowed, &local).await.unwrap();
    let refusing = Fetcher::new(&Http { allow_private_networks: false, ..settings() }, clock()).unwrap();
    for url in [server.url("/"), local] {
        assert_eq!(document(&refusing, &url).await.unwrap_err().reason(), "blocked_address");
    }
}

#[test]
fn public_addresses_are_public() {
    let (root, mut decoder) = (document_of("public"), Decoder::default());
    let addresses = decoder.texts(&root).unwrap();
    assert!(addresses.len() > 20 && decoder.problems.is_empty());
    for address in addresses {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}
