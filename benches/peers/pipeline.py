"""The usual pipeline in Python: feedparser, trafilatura, confluent-kafka.

It polls every feed at its interval with conditional requests, fetches the page of each new entry
and publishes its text.
"""

import argparse
import json
import threading
import time

import confluent_kafka
import feedparser
import requests
import trafilatura


def poll(session, address, etag, seen, producer, topic):
    headers = {"If-None-Match": etag} if etag else {}
    answer = session.get(address, headers=headers, timeout=20)
    if answer.status_code != 200:
        return etag
    for entry in feedparser.parse(answer.content).entries:
        if entry.id in seen:
            continue
        seen.add(entry.id)
        page = session.get(entry.link, timeout=20)
        text = trafilatura.extract(page.text, url=entry.link) or ""
        value = json.dumps({"url": entry.link, "title": entry.title, "text": text})
        producer.produce(topic, value.encode(), entry.id)
        producer.poll(0)
    producer.flush()
    return answer.headers.get("ETag", "")


def work(addresses, interval, brokers, topic):
    producer = confluent_kafka.Producer({"bootstrap.servers": brokers, "linger.ms": 5})
    session, seen = requests.Session(), set()
    # Spread, but all polled soon.
    step = min(interval, 5) / len(addresses)
    due = [(time.monotonic() + step * n, address, "") for n, address in enumerate(addresses)]
    while True:
        due.sort()
        at, address, etag = due.pop(0)
        time.sleep(max(0, at - time.monotonic()))
        started = time.monotonic()
        try:
            etag = poll(session, address, etag, seen, producer, topic)
        except requests.RequestException as error:
            print(error)
        due.append((started + interval, address, etag))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--feeds", required=True, help="file with one address a line")
    parser.add_argument("--interval", type=float, default=1, help="seconds between two polls of a feed")
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--topic", default="peer-articles")
    parser.add_argument("--threads", type=int, default=4)
    options = parser.parse_args()
    with open(options.feeds, encoding="utf-8") as file:
        addresses = file.read().split()
    shares = [addresses[n :: options.threads] for n in range(options.threads)]
    threads = [
        threading.Thread(target=work, args=(share, options.interval, options.brokers, options.topic))
        for share in shares
        if share
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
