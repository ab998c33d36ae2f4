//! No private address is connected to: not as a feed, not as a redirect, not as an answer of a name.

use super::*;

/// Addresses that are not public, in every notation.
const NUMBERS: &[&str] = &[
    "127.0.0.1",
    "127.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::a00:1]",
    "[100::1]",
    "[2001::1]",
    "[2001:db8::1]",
    "[2002:7f00:1::]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "\u{2460}\u{2461}\u{2466}.\u{24ea}.\u{24ea}.\u{2460}",
    "127.0.0.1.",
    "[2001:0:7f00:1::]",
    "[3fff::1]",
    "[5f00::1]",
    "[::ffff:0:10.0.0.1]",
];

/// Names that stand for the machine or its network.
const NAMES: &[&str] = &[
    "localhost",
    "localhost.",
    "LOCALHOST",
    "\u{ff2c}\u{ff2f}\u{ff23}\u{ff21}\u{ff2c}\u{ff28}\u{ff2f}\u{ff33}\u{ff34}",
    "a.localhost",
    "metadata.google.internal",
    "printer.local",
    "nas.home.arpa",
    "mixed.example",
    "private.example",
];

/// The whole URL is the trick.
const TRICKS: &[(&str, &str)] = &[
    ("http://a@127.0.0.1/", "blocked_address"),
    ("http://public.example\\@127.0.0.1/", "ok"),
    ("http://public.example@127.0.0.1/", "blocked_address"),
    ("http://public.example:22/", "bad_url"),
    ("http://public.example:25/", "bad_url"),
    ("http://public.example:0/", "bad_url"),
    ("file:///etc/passwd", "bad_url"),
    ("ftp://public.example/", "bad_url"),
    ("gopher://public.example/", "bad_url"),
    ("data:text/xml,x", "bad_url"),
    ("javascript:alert(1)", "bad_url"),
    ("unix:/run/x.sock", "bad_url"),
];

/// Reaches public addresses, and 127.0.0.2 in place of one: `public.example` leads there.
fn guarded() -> Fetcher {
    let lookup: Lookup = Arc::new(|name| {
        async move {
            Ok(match name.trim_end_matches('.') {
                "public.example" => vec![address(2)],
                "mixed.example" => vec![address(2), ([10, 0, 0, 1], 0).into()],
                number => match number.strip_suffix(".vector.example").and_then(|number| number.parse().ok())
                {
                    Some(at) => vec![(vector(at), 0).into()],
                    None => vec![address(1)],
                },
            })
        }
        .boxed()
    });
    let reach: Reach = Arc::new(|address| is_public(address) || address == IpAddr::from([127, 0, 0, 2]));
    Fetcher::build(&Http { allow_private_networks: false, ..settings() }, clock(), lookup, reach).unwrap()
}

/// The address that the vector stands for.
fn vector(at: usize) -> IpAddr {
    let url = Url::parse(&format!("http://{}/", NUMBERS[at])).unwrap();
    match url.host().unwrap() {
        url::Host::Ipv4(address) => address.into(),
        url::Host::Ipv6(address) => address.into(),
        url::Host::Domain(name) => panic!("{name} is no number"),
    }
}

#[tokio::test]
async fn no_private_address_is_connected_to() {
    let canary = Server::start_at("0.0.0.0:0", |_| Script::ok("reached")).await;
    let port = canary.address.port();
    let redirector = Server::start_at("127.0.0.2:0", |request| {
        let at = request.split(['/', ' ']).nth(2).unwrap_or_default();
        let target: String =
            url::form_urlencoded::parse(at.as_bytes()).map(|(name, _)| name.into_owned()).collect();
        Script::status("302 Found").header(&format!("location: {target}"))
    })
    .await;
    let fetcher = guarded();
    let mut cases = 0;
    let vectors = (0..NUMBERS.len()).map(|at| format!("{at}.vector.example"));
    for host in NUMBERS.iter().chain(NAMES).map(|host| (*host).to_owned()).chain(vectors) {
        let url = format!("http://{host}:{port}/");
        let normal = Url::parse(&url).unwrap();
        let query: String = url::form_urlencoded::byte_serialize(normal.as_str().as_bytes()).collect();
        let through = format!("http://public.example:{}/{query}", redirector.address.port());
        for url in [&url, &through] {
            let error = document(&fetcher, url).await.unwrap_err();
            assert_eq!(error.reason(), "blocked_address", "{url}: {error}");
            cases += 1;
        }
        let error = fetcher.page(&PageRequest::of(normal.clone())).await.unwrap_err();
        assert_eq!(error.reason(), "blocked_address", "page {normal}: {error}");
        cases += 1;
    }
    assert!(canary.log().is_empty(), "{:?}", canary.log());
    let blocked = fetcher.counters().failures().find(|(reason, _)| *reason == "blocked_address");
    assert_eq!(blocked, Some(("blocked_address", cases)));
}

#[tokio::test]
async fn tricks_with_the_form_of_the_address_fail() {
    for (url, expected) in TRICKS {
        let found = document(&guarded(), url).await;
        let found = found.as_ref().map_or_else(FetchError::reason, |_| "ok");
        // What is really a public name has nobody listening at its port here.
        let expected = if *expected == "ok" { "connect" } else { expected };
        assert_eq!(found, expected, "{url}");
    }
}

#[tokio::test]
async fn a_name_cannot_change_its_mind() {
    let canary = Server::start(|_| Script::ok("reached")).await;
    let port = canary.address.port();
    let first = std::sync::atomic::AtomicBool::new(true);
    let lookup: Lookup = Arc::new(move |_| {
        let last = if first.swap(false, std::sync::atomic::Ordering::Relaxed) { 2 } else { 1 };
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
    for address in [
        "1.1.1.1",
        "8.8.8.8",
        "93.184.216.34",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "198.17.255.255",
        "198.20.0.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2001:4860:4860::8888",
        "2a00:1450::1",
        "::ffff:1.1.1.1",
        "64:ff9b::101:101",
        "2002:101:101::",
        "2001:200::1",
    ] {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}
