"""The judge: what a reader sees, held against what was issued."""

import json
import re
import threading
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

import prose

ENTRY = re.compile(r"/feed-\d+/entry-(\d+)$")
EXAMPLES_MAX = 10


class Judge:
    """Takes records in the order of their partitions."""

    def __init__(self, book):
        self.book = book
        self.records = 0
        self.copies = {}  # (key, revision): how often
        self.last = {}  # key: (revision, version)
        self.keys = {}  # entry: keys
        self.versions = {}  # entry: versions seen
        self.corrupted = []
        self.out_of_order = []
        self.spurious = []

    def take(self, message):
        self.records += 1
        where = f"{message.topic()}[{message.partition()}]@{message.offset()}"
        try:
            record = json.loads(message.value())
            key, revision = message.key().decode(), record["revision"]
            number = int(ENTRY.search(record["url"]).group(1))
            text, version = record["text"], None
            issued = self.book.entries[number].version
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            self.spurious.append(f"{where}: {type(error).__name__}: {error}")
            return None
        for candidate in range(issued, -1, -1):
            if text == prose.text(number, candidate):
                version = candidate
                break
        if version is None or record["id"] != key:
            self.corrupted.append(f"{where}: entry {number}: {text[:200]!r}")
            return None
        copies = self.copies[key, revision] = self.copies.get((key, revision), 0) + 1
        self.keys.setdefault(number, set()).add(key)
        self.versions.setdefault(number, set()).add(version)
        if copies == 1:
            before_revision, before_version = self.last.get(key, (0, -1))
            if revision != before_revision + 1 or version <= before_version:
                self.out_of_order.append(
                    f"{where}: entry {number}: revision {revision} (version {version}) "
                    f"after revision {before_revision} (version {before_version})"
                )
            self.last[key] = (revision, version)
        return number, version

    def verdict(self):
        """Counts and examples; all counts are zero where nothing is wrong."""
        missing, two_ids = [], []
        for entry in self.book.entries:
            if entry.version not in self.versions.get(entry.number, ()):
                seen = sorted(self.versions.get(entry.number, ()))
                missing.append(f"entry {entry.number} of feed {entry.feed}: version {entry.version}, seen {seen}")
            if len(self.keys.get(entry.number, ())) > 1:
                two_ids.append(f"entry {entry.number}: {sorted(self.keys[entry.number])}")
        duplicated = [f"{key} revision {revision}: {copies} times"
                      for (key, revision), copies in self.copies.items() if copies > 1]
        findings = {
            "missing": missing,
            "duplicated": duplicated,
            "two_ids": two_ids,
            "corrupted": self.corrupted,
            "out_of_order": self.out_of_order,
            "spurious": self.spurious,
        }
        counts = {name: len(found) for name, found in findings.items()}
        examples = {name: found[:EXAMPLES_MAX] for name, found in findings.items() if found}
        return counts, examples


def consumer(bootstrap, topic, isolation):
    made = Consumer({
        "bootstrap.servers": bootstrap,
        "group.id": "copydesk-oracle",
        "isolation.level": isolation,
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 100,
        "log_level": 0,
    })
    partitions = made.list_topics(topic, timeout=30).topics[topic].partitions
    made.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
    return made, set(partitions)


def read_to_end(bootstrap, topic, isolation, judge):
    """One pass over the topic as it is now."""
    reader, open_ends = consumer(bootstrap, topic, isolation)
    while open_ends:
        message = reader.poll(60)
        if message is None:
            raise TimeoutError(f"no end of {topic} within 60 s")
        if message.error() is None:
            judge.take(message)
        elif message.error().code() == KafkaError._PARTITION_EOF:
            open_ends.discard(message.partition())
    reader.close()


class Follower(threading.Thread):
    """Reads along, so that the origin knows what has arrived."""

    def __init__(self, bootstrap, topic, book):
        super().__init__(daemon=True)
        self.judge = Judge(book)
        self.book = book
        self.ended = threading.Event()
        self.known = set()  # entries that came
        self.arrived = {}  # feed: when its last new entry came
        self.waits = []  # seconds between two new entries of a feed
        self.reader, _ = consumer(bootstrap, topic, "read_committed")

    def run(self):
        while not self.ended.is_set():
            message = self.reader.poll(0.2)
            if message is not None and message.error() is None:
                seen = self.judge.take(message)
                if seen is not None:
                    self.book.confirm(*seen)
                    self.note(seen[0])

    def note(self, number):
        if number in self.known:
            return
        self.known.add(number)
        feed, now = self.book.entries[number].feed, time.monotonic()
        if feed in self.arrived:
            self.waits.append(now - self.arrived[feed])
        self.arrived[feed] = now

    def stop(self):
        self.ended.set()
        self.join()
        self.reader.close()
