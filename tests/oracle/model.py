"""A toy in the daemon's place: shows that the oracle finds what is wrong, and passes what is right.

`right`    entries and ledger record in one transaction
`loses`    the ledger record in a transaction of its own, before the entries
`repeats`  no transactions: entries, then the ledger record
"""

import argparse
import hashlib
import json
import re
import signal
import sys
import time
import urllib.error
import urllib.request

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

ITEM = re.compile(
    r"<item>.*?<link>(.*?)</link>.*?<!\[CDATA\[(.*?)\]\]>.*?</item>", re.DOTALL)


def restore(bootstrap, topic):
    reader = Consumer({"bootstrap.servers": bootstrap, "group.id": "model", "enable.partition.eof": True,
                       "isolation.level": "read_committed", "log_level": 0})
    reader.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    ledger = {}
    while True:
        message = reader.poll(30)
        if message is None:
            raise TimeoutError("no end of the ledger")
        if message.error() is None:
            ledger[message.key().decode()] = json.loads(message.value())
        elif message.error().code() == KafkaError._PARTITION_EOF:
            reader.close()
            return ledger


class Model:
    def __init__(self, config, fault):
        self.fault = fault
        self.bootstrap = ",".join(config["kafka"]["brokers"])
        self.articles, self.ledger_topic = config["topics"]["articles"], config["topics"]["ledger"]
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        for future in admin.create_topics([NewTopic(self.ledger_topic, 1, 1)]).values():
            try:
                future.result(30)
            except KafkaException:
                pass  # it is there already
        settings = {"bootstrap.servers": self.bootstrap, "log_level": 0}
        if fault != "repeats":
            settings |= {"transactional.id": self.ledger_topic, "transaction.timeout.ms": 15000,
                         "socket.timeout.ms": 15000}
        self.producer = Producer(settings)
        if fault != "repeats":
            self.producer.init_transactions(30)
        self.ledger = restore(self.bootstrap, self.ledger_topic)

    def poll(self, name, url):
        state = self.ledger.get(name, {"etag": "", "seen": {}})
        request = urllib.request.Request(url, headers={"If-None-Match": state["etag"]} if state["etag"] else {})
        try:
            with urllib.request.urlopen(request, timeout=5) as response:
                body, etag = response.read().decode(), response.headers["ETag"]
        except (OSError, urllib.error.URLError, ValueError):
            return
        except Exception as error:  # http.client.IncompleteRead and kin: a broken answer
            print(f"{url}: {error}", flush=True)
            return
        seen, records = dict(state["seen"]), []
        for link, html in ITEM.findall(body):
            text = "\n\n".join(re.findall(r"<p>(.*?)</p>", html))
            key, digest = hashlib.sha256(link.encode()).hexdigest()[:32], hashlib.sha256(text.encode()).hexdigest()
            revision, known = seen.get(key, (0, ""))
            if digest != known:
                seen[key] = (revision + 1, digest)
                records.append((key, {"id": key, "revision": revision + 1, "url": link, "text": text}))
        if not records:
            return
        new_state = {"etag": etag, "seen": seen}
        ledger = [(self.ledger_topic, name, new_state)]
        articles = [(self.articles, key, value) for key, value in records]
        if self.fault == "right":
            self.send(articles + ledger)
        elif self.fault == "loses":
            self.send(ledger)
            time.sleep(0.05)
            self.send(articles)
        else:
            self.send(articles)
            time.sleep(0.05)
            self.send(ledger)
        self.ledger[name] = new_state

    def send(self, records):
        transactional = self.fault != "repeats"
        if transactional:
            self.producer.begin_transaction()
        for topic, key, value in records:
            self.producer.produce(topic, key=key, value=json.dumps(value))
        self.producer.flush()
        if transactional:
            self.producer.commit_transaction()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fault", required=True)
    parser.add_argument("--config", required=True)
    parser.add_argument("command")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open(options.config, encoding="utf-8") as file:
        config = json.load(file)
    while True:
        try:
            model = Model(config, options.fault)
            while True:
                for feed in config["feeds"]:
                    model.poll(feed["name"], feed["url"])
                time.sleep(0.2)
        except (KafkaException, TimeoutError) as error:
            print(f"starting anew: {error}", flush=True)
            time.sleep(1)


if __name__ == "__main__":
    main()
