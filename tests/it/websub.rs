//! A hub that delivers to the program itself, against a real Kafka and across a `kill -9`.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use copydesk::clock::Clock;
use rustix::process::Signal;

use super::{
    broker,
    daemon::{Daemon, Setup, feed},
    politeness::{
        case::{Answer, Delivery, Question},
        hub,
        origin::{Origin, Request},
    },
    reader, wait,
};

const LIMIT: Duration = Duration::from_secs(90);

/// Where the daemon listens for hubs.
fn listener(daemon: &Daemon) -> SocketAddr {
    wait::until("the listener for hubs", LIMIT, || {
        let log = daemon.log();
        let line = log.iter().find(|line| line.contains("hubs can deliver"))?;
        let (_, address) = line.split_once("127.0.0.1:")?;
        let port: String = address.chars().take_while(char::is_ascii_digit).collect();
        Some(SocketAddr::from(([127, 0, 0, 1], port.parse().ok()?)))
    })
}

fn items(items: &[u32]) -> Delivery {
    Delivery { items: items.to_vec(), ..Delivery::default() }
}

#[test]
fn a_hub_delivers_to_the_daemon_and_a_kill_loses_and_doubles_nothing() {
    let origin = Origin::start(&Clock::system());
    let at = origin.address;
    let link = format!("<http://{at}/hub>; rel=hub, <http://{at}/feed>; rel=self");
    let told = Answer {
        items: Some(vec![1]),
        headers: BTreeMap::from([("Link".to_owned(), link)]),
        ..Answer::default()
    };
    let accepted = Answer { status: Some(202), ..Answer::default() };
    origin.set(&BTreeMap::from([
        (format!("{at}/feed"), vec![told]),
        (format!("POST {at}/hub"), vec![accepted]),
    ]));
    let websub = format!(
        "websub: {{listen: '127.0.0.1:0', public_url: {}, secret: {}}}\n",
        hub::PUBLIC_URL,
        hub::SECRET
    );
    let address = format!("http://{at}/feed");
    let setup = Setup::new(&broker::prefix("websub"), &[feed("told", &address, "1h")], &websub);
    let asked = |path: &str| {
        let wanted = format!("{path}/feed");
        origin.log().iter().filter(|request| request.address == wanted).count()
    };

    let daemon = setup.run();
    let first: Request = wait::until("a request for a subscription", LIMIT, || {
        origin.log().into_iter().find(|request| request.address.starts_with("POST "))
    });
    reader::first(&setup.articles(), 1, LIMIT);
    hub::ask(listener(&daemon), &first, &Question::default(), "after the request");
    let status = daemon.page("/api/v1/feeds/told");
    assert!(status.contains("delivers until"), "{status}");
    hub::deliver(listener(&daemon), &first, &items(&[2]), "a delivery");
    reader::first(&setup.articles(), 2, LIMIT);
    daemon.kill();

    // The same address, which needs nothing but the secret and the ledger.
    let daemon = setup.run();
    daemon.ready();
    let again = listener(&daemon);
    wait::until("the feed's shard", LIMIT, || {
        daemon.page("/api/v1/feeds/told").contains("delivers until").then_some(())
    });
    hub::deliver(again, &first, &items(&[2]), "the same again");
    hub::deliver(again, &first, &items(&[2, 3]), "and one more");
    let forged = Delivery { signed: Some("badly".into()), ..items(&[4]) };
    hub::deliver(again, &first, &forged, "a forged one");
    reader::first(&setup.articles(), 3, LIMIT);
    // Nobody wants the feed any more.
    setup.change(&feed("told", &address, "1h"), &feed("other", &format!("http://{at}/other"), "1h"));
    daemon.signal(Signal::HUP);
    let end: Request = wait::until("a request to end the subscription", LIMIT, || {
        let of_end = |request: &Request| hub::field(request, "hub.mode") == "unsubscribe";
        origin.log().into_iter().find(|request| request.address.starts_with("POST ") && of_end(request))
    });
    for name in ["hub.callback", "hub.topic"] {
        assert_eq!(hub::field(&end, name), hub::field(&first, name));
    }
    let of_mode = |mode: &str, status| Question { mode: Some(mode.into()), status, ..Question::default() };
    hub::ask(again, &end, &of_mode("subscribe", Some(404)), "it is not to go on");
    hub::ask(again, &end, &of_mode("unsubscribe", None), "it was asked to end");
    hub::ask(again, &end, &of_mode("unsubscribe", Some(404)), "it has ended");
    daemon.stop();
    assert_eq!(asked(&at.to_string()), 1, "an hour has not passed");
    let published = reader::committed(&setup.articles());
    assert_eq!(published.len(), 3, "each once, and nothing forged");
}
