"""The fault-injection oracle.

An origin issues numbered entries and revisions; daemons carry them into a real Apache Kafka; a
seeded schedule kills, stops and pauses daemons, kills the broker, breaks and slows the origin.
Then the faults end, and a reader with isolation.level=read_committed must find every entry in its
last version, each id and revision once, intact, revisions in order, and fresh entries within a
minute. One JSON object at the end; exit code 1 on any violation.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import threading
import time

from confluent_kafka.admin import AdminClient, NewTopic

from fleet import Broker, Fleet
from judge import Follower, Judge, read_to_end
from origin import Book, Origin
from schedule import Schedule

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
RECOVERY_LIMIT_S = 240
FRESH_LIMIT_S = 60
ENTRIES_PER_S = 5
REVISED = 0.15
# A leap second, a minute, an hour, a day.
CLOCK_STEPS_S = [-86400, -3600, -60, -1, 1, 60, 3600, 86400]
# A fault among daemons mostly waits until they have worked since the one before it, but not for ever.
WORK_LIMIT_S = 8
BLIND = 0.2


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--instances", type=int, default=2, choices=[1, 2, 3])
    parser.add_argument("--minutes", type=float, default=2, help="how long the faults last (default 2)")
    parser.add_argument("--kills", type=int, default=24, help="kill -9 of a daemon, started again within 2 s")
    parser.add_argument("--terms", type=int, default=8, help="SIGTERM, started again within 2 s")
    parser.add_argument("--stops", type=int, default=2, help="SIGSTOP, SIGCONT after --stop-seconds")
    parser.add_argument("--stop-seconds", type=float, default=12, help="longer than the group session (default 12)")
    parser.add_argument("--broker-restarts", type=int, default=2, help="kill -9 of the broker, back after 1 to 4 s")
    parser.add_argument("--broker-away", type=float, metavar="SECONDS", help="how long it stays away instead")
    parser.add_argument("--origin-troubles", type=int, default=4, help="5 to 10 s of errors or slow answers")
    parser.add_argument("--clock-steps", type=int, default=4, help="a daemon's wall clock is put off by up to a day")
    parser.add_argument("--cluster", action="store_true", help="three brokers instead of one")
    parser.add_argument("--feeds", type=int, default=24)
    parser.add_argument("--program", help="the daemon (default target/debug/copydesk)")
    parser.add_argument("--model", choices=["right", "loses", "repeats"],
                        help="a toy instead of the daemon, one instance: shows that the oracle finds what is wrong")
    parser.add_argument("--property", action="append", metavar="NAME=VALUE",
                        default=["session.timeout.ms=3000", "heartbeat.interval.ms=1000"],
                        help="a librdkafka setting for the daemons' kafka.properties (default: a group session of "
                        "3 s, so that work goes on between the faults)")
    options = parser.parse_args()
    if options.model and options.instances != 1:
        parser.error("--model goes with --instances 1")
    if options.broker_restarts and "KAFKA_BOOTSTRAP_SERVERS" in os.environ:
        parser.error("KAFKA_BOOTSTRAP_SERVERS names a broker that is not ours to kill: --broker-restarts 0")
    return options


class Run:
    def __init__(self, options):
        self.options = options
        self.begin = time.monotonic()
        self.directory = os.path.join(
            os.environ.get("COPYDESK_CACHE", os.path.join(ROOT, ".cache")), "oracle", f"seed-{options.seed}-{os.getpid()}")
        os.makedirs(self.directory)
        self.broker = Broker(os.path.join(ROOT, "tests/kafka/kafka.sh"), options.cluster)
        self.prefix = f"oracle-{options.seed}-{os.getpid()}"
        self.book = Book(options.feeds, options.seed)
        self.origin = Origin(self.book, min(options.feeds, 12), options.seed)
        self.fleet = Fleet(self.program(), self.directory, self.config(), options.instances,
                           options.clock_steps)
        self.articles = f"{self.prefix}.articles"
        self.create_topics()
        self.follower = Follower(self.broker.bootstrap, self.articles, self.book)
        self.done = {}
        self.background = []
        self.issuing = threading.Event()
        self.disturbed_at, self.records_then = 0.0, 0

    def program(self):
        if self.options.model:
            return [sys.executable, os.path.join(HERE, "model.py"), "--fault", self.options.model]
        return [self.options.program or os.path.join(ROOT, "target/debug/copydesk")]

    def config(self):
        options = self.options
        return {
            "kafka": {
                "brokers": self.broker.bootstrap.split(","),
                "properties": dict(setting.split("=", 1) for setting in options.property),
            },
            "topics": {
                "articles": f"{self.prefix}.articles",
                "dead_letters": f"{self.prefix}.dead-letters",
                "ledger": f"{self.prefix}.ledger",
                "partitions": 3,
                "ledger_partitions": 8,
            },
            "http": {"contact": "https://desk.example/bot", "timeout": "5s", "allow_private_networks": True,
                     "site_delay": "10ms"},
            "admin": {"listen": "127.0.0.1:0"},
            "feeds": [{"name": f"courier-{feed}", "url": self.origin.url(feed), "interval": "1s", "content": "feed"}
                      for feed in range(options.feeds)],
        }

    def create_topics(self):
        """The articles topic, so that the reader can wait at it; the daemon makes its own others."""
        copies = 3 if self.options.cluster else 1
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap})
        for future in admin.create_topics([NewTopic(self.articles, 3, copies)]).values():
            future.result(30)

    def say(self, text):
        print(f"[{time.monotonic() - self.begin:6.1f} s] {text}", file=sys.stderr, flush=True)

    def issue(self):
        """Entries and revisions at a steady rate, while the event is set."""
        count = 0
        while self.issuing.is_set():
            self.book.issue()
            count += 1
            if self.book.random.random() < REVISED:
                self.book.revise()
            time.sleep(1 / ENTRIES_PER_S)

    def faults(self):
        options = self.options
        seconds = options.minutes * 60
        schedule = Schedule(options.seed, seconds, {
            "kill": options.kills, "term": options.terms, "stop": options.stops,
            "broker": options.broker_restarts, "origin": options.origin_troubles,
            "clock": options.clock_steps,
        })
        start, report = time.monotonic(), 0.0
        while schedule.heap or time.monotonic() - start < seconds:
            now = time.monotonic() - start
            if now >= report:
                self.progress()
                report = now + 10
            fault = schedule.due(now)
            if fault is None:
                time.sleep(0.05)
                continue
            self.carry_out(fault, now, schedule)
        for thread in self.background:
            while thread.is_alive():
                self.progress()
                thread.join(10)

    def carry_out(self, fault, now, schedule):
        kind = fault.kind
        if kind in ("kill", "term", "stop"):
            running = self.fleet.running()
            if not running or self.is_recovering(fault.dice, now):
                return schedule.put(now + 0.3, kind, fault.dice)
            self.disturbed_at, self.records_then = now, self.follower.judge.records
            index = running[int(fault.dice * len(running))]
            if kind == "kill":
                self.fleet.kill(index)
            elif kind == "term":
                self.fleet.term(index)
            else:
                self.fleet.pause(index)
                schedule.put(now + self.options.stop_seconds, "resume", instance=index)
            if kind != "stop":
                # Not before the daemon is really gone: a SIGTERM takes its time.
                schedule.put(now + fault.dice * 37 % 2, "start", instance=index)
        elif kind == "start":
            return self.fleet.start(fault.instance)
        elif kind == "resume":
            return self.fleet.resume(fault.instance)
        elif kind == "calm":
            self.origin.trouble = None
            return None
        elif kind == "origin":
            self.origin.trouble = "errors" if fault.dice < 0.5 else "slow"
            schedule.put(now + 5 + fault.dice * 5, "calm")
        elif kind == "clock":
            index = int(fault.dice * self.options.instances)
            self.fleet.step_clock(index, CLOCK_STEPS_S[int(fault.dice * 97) % len(CLOCK_STEPS_S)])
        elif kind == "broker":
            self.background = [thread for thread in self.background if thread.is_alive()]
            if self.background:
                return schedule.put(now + 1, kind, fault.dice)
            node = 1 + int(fault.dice * self.broker.nodes)
            away_s = self.options.broker_away or 1 + fault.dice * 3
            thread = threading.Thread(target=self.broker.restart, args=(node, away_s))
            thread.start()
            self.background.append(thread)
        self.done[kind] = self.done.get(kind, 0) + 1
        return None

    def is_recovering(self, dice, now):
        """Killing what does no work yet would test starts only."""
        worked = self.follower.judge.records > self.records_then + 10
        return dice > BLIND and not worked and now - self.disturbed_at < WORK_LIMIT_S

    def progress(self):
        owed = len(self.book.owed())
        self.fleet.weigh()
        self.say(f"faults {self.done}, {len(self.book.entries)} entries and {self.book.revisions} revisions issued, "
                 f"{self.follower.judge.records} records read, {owed} owed")

    def wait(self, what, limit_s):
        """Until nothing is owed any more: seconds, or None at the limit."""
        start, report = time.monotonic(), 10.0
        while self.book.owed():
            self.fleet.running()
            waited = time.monotonic() - start
            if waited > limit_s:
                self.say(f"{what}: still {len(self.book.owed())} owed after {limit_s} s")
                return None
            if waited > report:
                self.progress()
                report += 10
            time.sleep(0.1)
        return round(time.monotonic() - start, 1)

    def judge(self):
        """Two passes of new readers over all there is."""
        judge = Judge(self.book)
        read_to_end(self.broker.bootstrap, self.articles, "read_committed", judge)
        uncommitted = Judge(self.book)
        read_to_end(self.broker.bootstrap, self.articles, "read_uncommitted", uncommitted)
        return judge, uncommitted.verdict()[0]["duplicated"]

    def carry(self):
        options = self.options
        self.say(f"Kafka at {self.broker.bootstrap}, {options.feeds} feeds, logs in {self.directory}")
        self.follower.start()
        self.issuing.set()
        issuer = threading.Thread(target=self.issue)
        issuer.start()
        for index in range(options.instances):
            self.fleet.start(index)
        try:
            self.faults()
        finally:
            self.issuing.clear()
            issuer.join()
        self.origin.trouble = None
        # A broker takes no record from more than an hour ahead, so the last step is to the right time.
        for index in range(options.instances):
            self.fleet.step_clock(index, 0)
        self.say("no more faults: waiting for what is owed")
        recovered_s = self.wait("recovery", RECOVERY_LIMIT_S)
        waits = sorted(self.follower.waits)
        for feed in range(options.feeds):
            self.book.issue(feed)
        fresh_s = self.wait("fresh entries", FRESH_LIMIT_S)
        for index in self.fleet.running():
            self.fleet.term(index)
        self.follower.stop()
        judge, uncommitted = self.judge()
        counts, examples = judge.verdict()
        passed = not any(counts.values()) and not self.fleet.problems and None not in (recovered_s, fresh_s)
        return {
            "passed": passed,
            "seed": options.seed,
            "instances": options.instances,
            "brokers": self.broker.nodes,
            "seconds": round(time.monotonic() - self.begin),
            "faults": self.done,
            "entries": len(self.book.entries),
            "revisions_issued": self.book.revisions,
            "records": judge.records,
            **counts,
            "duplicated_for_read_uncommitted": uncommitted,
            "recovered_s": recovered_s,
            "fresh_s": fresh_s,
            "longest_wait_s": round(max(waits, default=0), 1),
            "p99_wait_s": round(waits[len(waits) * 99 // 100] if waits else 0, 1),
            "resident_mb": self.fleet.resident_mb,
            "slowest_term_s": round(self.fleet.slowest_term_s, 1),
            "requests": self.origin.requests,
            "not_modified": self.origin.not_modified,
            "problems": self.fleet.problems,
            "examples": examples,
        }

    def end(self):
        self.fleet.end()
        for thread in self.background:
            thread.join()
        self.broker.stop()


def main():
    options = arguments()
    # SIGTERM ends the run like Ctrl-C: with its processes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    run = Run(options)
    try:
        result = run.carry()
    finally:
        run.end()
    if result["passed"]:
        shutil.rmtree(run.directory)  # else the logs stay
    print(json.dumps(result, indent=1))
    sys.exit(0 if result["passed"] else 1)


if __name__ == "__main__":
    main()
