"""Many restarts in a short time: no feed may be polled more often than its interval.

A real daemon, a real Apache Kafka and an origin that logs every request. The daemon is ended and
started again at a steady beat, by SIGTERM or by kill -9 as the seed says. Then the request log
must show no two requests for a feed closer than its interval, whether or not the poll before came
to its end, and no feed that was left alone for long; and the articles each exactly once. One JSON
object at the end; exit code 1 on any violation.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import threading
import time

from confluent_kafka.admin import AdminClient, NewTopic

from fleet import Broker, Fleet
from judge import Judge, read_to_end
from origin import Book, Origin

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
INTERVALS_S = [30, 60, 300]
# The origin's clock starts when a request arrives, the daemon's when it sends it.
TOLERANCE_S = 0.25
# Restarts take time in which nothing is polled: at least this share of what the interval allows.
FREQUENT = 0.6


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--restarts", type=int, default=50)
    parser.add_argument("--kills", type=float, default=0.5, help="share of kill -9 among them (default 0.5)")
    parser.add_argument("--feeds", type=int, default=40)
    parser.add_argument("--program", help="the daemon (default target/debug/copydesk)")
    return parser.parse_args()


class LoggingOrigin(Origin):
    """Notes when each feed was asked for."""

    def __init__(self, book, addresses, seed, slow):
        self.log = [[] for _ in book.feeds]
        self.slow = slow
        super().__init__(book, addresses, seed)

    def answer(self, handler):
        number = handler.path.removeprefix("/feed-")
        if number.isdigit() and int(number) < len(self.log):
            self.log[int(number)].append(time.monotonic())
            if int(number) % 4 == 0:
                # So that some polls are cut off in the middle.
                time.sleep(self.slow)
        super().answer(handler)


class Run:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(f"restarts {options.seed}")
        cache = os.environ.get("COPYDESK_CACHE", os.path.join(ROOT, ".cache"))
        self.directory = os.path.join(cache, "oracle", f"restarts-{options.seed}-{os.getpid()}")
        os.makedirs(self.directory)
        self.broker = Broker(os.path.join(ROOT, "tests/kafka/kafka.sh"), False)
        self.prefix = f"restarts-{options.seed}-{os.getpid()}"
        self.articles = f"{self.prefix}.articles"
        self.book = Book(options.feeds, options.seed)
        self.origin = LoggingOrigin(self.book, min(options.feeds, 12), options.seed, 1.0)
        self.fleet = Fleet([options.program or os.path.join(ROOT, "target/debug/copydesk")], self.directory,
                           self.config(), 1, clock_steps=0)
        self.done = {"SIGTERM": 0, "kill -9": 0}
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap})
        for future in admin.create_topics([NewTopic(self.articles, 3, 1)]).values():
            future.result(30)

    def interval(self, feed):
        return INTERVALS_S[feed % len(INTERVALS_S)]

    def config(self):
        return {
            "kafka": {
                "brokers": self.broker.bootstrap.split(","),
                # A dead member is given up sooner than by default, so that work is done in between.
                "properties": {"session.timeout.ms": "3000", "heartbeat.interval.ms": "1000"},
            },
            "topics": {
                "articles": self.articles,
                "dead_letters": f"{self.prefix}.dead-letters",
                "ledger": f"{self.prefix}.ledger",
                "partitions": 3,
                "ledger_partitions": 8,
            },
            "http": {"contact": "https://desk.example/bot", "timeout": "5s", "allow_private_networks": True,
                     "site_delay": "10ms", "per_site": 4},
            "admin": {"listen": "127.0.0.1:0"},
            "feeds": [{"name": f"courier-{feed}", "url": self.origin.url(feed),
                       "interval": f"{self.interval(feed)}s", "content": "feed"}
                      for feed in range(self.options.feeds)],
        }

    def issue(self, issuing):
        """News in every feed now and then."""
        while issuing.is_set():
            self.book.issue()
            time.sleep(2)

    def restart(self):
        if self.random.random() < self.options.kills:
            self.fleet.kill(0)
            self.done["kill -9"] += 1
        else:
            self.fleet.term(0)
            self.done["SIGTERM"] += 1
        time.sleep(self.random.random())
        self.fleet.start(0)

    def carry(self):
        options = self.options
        print(f"Kafka at {self.broker.bootstrap}, logs in {self.directory}", file=sys.stderr)
        issuing = threading.Event()
        issuing.set()
        issuer = threading.Thread(target=self.issue, args=[issuing])
        issuer.start()
        begin = self.began = time.monotonic()
        self.fleet.start(0)
        try:
            for number in range(options.restarts):
                # At a beat, and a little off it.
                at = begin + (number + self.random.uniform(0.6, 1.4)) * options.minutes * 60 / (options.restarts + 1)
                while time.monotonic() < at:
                    self.fleet.running()
                    time.sleep(0.05)
                self.restart()
                polls = sum(len(log) for log in self.origin.log)
                print(f"[{time.monotonic() - begin:6.1f} s] {self.done}, {polls} polls", file=sys.stderr)
            while time.monotonic() < begin + options.minutes * 60:
                self.fleet.running()
                time.sleep(0.1)
        finally:
            issuing.clear()
            issuer.join()
        seconds = time.monotonic() - begin
        self.fleet.term(0)
        return self.result(seconds)

    def result(self, seconds):
        groups, violations = {}, []
        for interval in sorted({self.interval(feed) for feed in range(self.options.feeds)}):
            feeds = [feed for feed in range(self.options.feeds) if self.interval(feed) == interval]
            polls = [len(self.origin.log[feed]) for feed in feeds]
            allowed = 1 + int(seconds / interval)
            gaps = [later - earlier for feed in feeds
                    for earlier, later in zip(self.origin.log[feed], self.origin.log[feed][1:])]
            groups[f"{interval}s"] = {
                "feeds": len(feeds),
                "polls": sum(polls),
                "polls_of_a_feed": [min(polls), max(polls)],
                "allowed_of_a_feed": allowed,
                "shortest_gap_s": round(min(gaps, default=0), 2),
                "longest_gap_s": round(max(gaps, default=0), 2),
                "first_poll_s": round(max(self.origin.log[feed][0] for feed in feeds) - self.began, 1)
                if all(polls) else None,
            }
            for feed in feeds:
                log = self.origin.log[feed]
                for earlier, later in zip(log, log[1:]):
                    if later - earlier < interval - TOLERANCE_S:
                        violations.append(f"courier-{feed} after {later - earlier:.2f} s of {interval} s")
                if len(log) < FREQUENT * seconds / interval - 1 or not log:
                    violations.append(f"courier-{feed} polled {len(log)} times, {allowed} allowed")
        judge = Judge(self.book)
        read_to_end(self.broker.bootstrap, self.articles, "read_committed", judge)
        counts, examples = judge.verdict()
        # What was issued last may be waiting for its feed's turn.
        counts.pop("missing", None)
        examples.pop("missing", None)
        return {
            "passed": not violations and not self.fleet.problems and not any(counts.values()),
            "seed": self.options.seed,
            "seconds": round(seconds),
            "restarts": self.done,
            "requests": self.origin.requests,
            "not_modified": self.origin.not_modified,
            "intervals": groups,
            "too_often_or_too_seldom": violations,
            "articles": judge.records,
            **counts,
            "slowest_term_s": round(self.fleet.slowest_term_s, 1),
            "problems": self.fleet.problems,
            "examples": examples,
        }

    def end(self):
        self.fleet.end()
        self.broker.stop()


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    run = Run(options)
    try:
        result = run.carry()
    finally:
        run.end()
    if result["passed"]:
        shutil.rmtree(run.directory)
    print(json.dumps(result, indent=1))
    sys.exit(0 if result["passed"] else 1)


if __name__ == "__main__":
    main()
