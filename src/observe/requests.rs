//! What [`fetch`](crate::fetch) counts, as metrics.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};

use crate::fetch::{Counters, Fetcher};

/// Reads the counters of a fetcher whenever the metrics are asked for.
#[derive(Clone)]
pub struct Requests(pub Fetcher);

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Requests").field(self.0.counters()).finish()
    }
}

impl Collector for Requests {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let counters = self.0.counters();
        for (name, help, value) in plain(counters) {
            let counter = ConstCounter::new(value.load(Relaxed));
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            counter.encode(metric)?;
        }
        let help = "Fetches that failed by reason.";
        let mut failures = encoder.encode_descriptor("fetch_failures", help, None, MetricType::Counter)?;
        for (reason, count) in counters.failures() {
            ConstCounter::new(count).encode(failures.encode_family(&[("reason", reason)])?)?;
        }
        let help = "Bytes of bodies in memory; see http.max_bodies.";
        let gauge = encoder.encode_descriptor("fetch_bodies_bytes", help, None, MetricType::Gauge)?;
        ConstGauge::new(i64::try_from(self.0.bodies_in_hand()).unwrap_or(i64::MAX)).encode(gauge)
    }
}

fn plain(counters: &Counters) -> [(&'static str, &'static str, &AtomicU64); 9] {
    [
        ("fetch_requests", "Requests sent, redirects included.", &counters.requests),
        ("fetch_redirects", "Redirects followed.", &counters.redirects),
        ("fetch_documents", "Feed documents received.", &counters.documents),
        ("fetch_not_modified", "Feeds answered with 304.", &counters.not_modified),
        ("fetch_pages", "Pages received.", &counters.pages),
        ("fetch_robots", "Requests for a robots.txt.", &counters.robots),
        ("fetch_robots_refused", "Pages not fetched because of robots.txt.", &counters.robots_refused),
        ("fetch_body_bytes", "Bytes of bodies after decompression.", &counters.body_bytes),
        ("fetch_mislabelled", "Bodies that were not encoded as they said.", &counters.mislabelled),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Clock,
        config::Http,
        observe::{Metrics, metrics::render},
    };

    #[tokio::test]
    async fn what_is_counted_is_told() {
        let http = Http { allow_private_networks: true, ..Http::default() };
        let fetcher = Fetcher::new(&http, Clock::system()).unwrap();
        let (_, mut registry) = Metrics::new();
        registry.register_collector(Box::new(Requests(fetcher.clone())));
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let url = url::Url::parse(&format!("http://{nobody}/")).unwrap();
        assert!(fetcher.page(&crate::fetch::PageRequest::of(url.clone())).await.is_err());
        let text = render(&registry);
        for line in [
            "# HELP copydesk_fetch_requests Requests sent, redirects included.",
            "copydesk_fetch_requests_total 1",
            "copydesk_fetch_pages_total 0",
            "copydesk_fetch_failures_total{reason=\"connect\"} 1",
            "copydesk_fetch_failures_total{reason=\"timeout\"} 0",
            "copydesk_fetch_failures_total{reason=\"no_room\"} 0",
            "copydesk_fetch_bodies_bytes 0",
        ] {
            assert!(text.lines().any(|told| told == line), "no {line} in\n{text}");
        }
    }
}
