"""Keeps the latest revision of each article in SQLite, each record once.

    python3 consumer.py [--bootstrap HOST:PORT] [--topic TOPIC] [--until N] DATABASE

Needs `pip install confluent-kafka`. Only committed records are read. The place in the topic is kept in the
database, in the transaction that holds the articles: after a crash it goes on with the record after the last
one that is there, and none is taken twice. An article is replaced by a higher revision of itself only, and
deleted by a tombstone.
"""

import argparse
import json
import sqlite3

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

# So many records are one transaction, at most.
BATCH = 200

TABLES = """
CREATE TABLE IF NOT EXISTS articles (
  id TEXT PRIMARY KEY, revision INTEGER NOT NULL, title TEXT NOT NULL, url TEXT, published_at TEXT NOT NULL,
  language TEXT NOT NULL, tags TEXT NOT NULL, text TEXT NOT NULL, record TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS places (
  topic TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (topic, partition)
);
"""

UPSERT = """
INSERT INTO articles VALUES (:id, :revision, :title, :url, :published_at, :language, :tags, :text, :record)
ON CONFLICT (id) DO UPDATE SET
  revision = excluded.revision, title = excluded.title, url = excluded.url, published_at = excluded.published_at,
  language = excluded.language, tags = excluded.tags, text = excluded.text, record = excluded.record
WHERE excluded.revision > articles.revision
"""


def take(database, message):
    key, value = message.key().decode(), message.value()
    if value is None:
        database.execute("DELETE FROM articles WHERE id = ?", [key])
    else:
        article = json.loads(value)
        database.execute(UPSERT, {
            "id": key,
            "revision": article["revision"],
            "title": article["title"],
            "url": article["canonical_url"] or article["url"],
            "published_at": article["published_at"],
            "language": article["language"]["code"],
            "tags": " ".join(tag["id"] for tag in article["tags"]),
            "text": article["text"],
            "record": value.decode(),
        })
    place = [message.topic(), message.partition(), message.offset() + 1]
    database.execute("INSERT OR REPLACE INTO places VALUES (?, ?, ?)", place)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", default="localhost:9092")
    parser.add_argument("--topic", default="news.articles")
    parser.add_argument("--until", type=int, help="end once so many articles are there")
    parser.add_argument("database")
    options = parser.parse_args()

    database = sqlite3.connect(options.database)
    database.executescript(TABLES)
    known = dict(database.execute("SELECT partition, next FROM places WHERE topic = ?", [options.topic]))
    # No group is joined: partitions are assigned, and their places are known here. Partitions that are added later
    # are read after the next start.
    consumer = Consumer({
        "bootstrap.servers": options.bootstrap,
        "group.id": "articles-to-sqlite",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
    })
    try:
        topic = consumer.list_topics(options.topic, timeout=30).topics[options.topic]
    except KafkaException as error:
        parser.exit(69, f"no answer from Kafka at {options.bootstrap}: {error.args[0].str()}\n")
    if topic.error or not topic.partitions:
        parser.exit(69, f"{options.topic} is not there yet: copydesk topics --create, or start copydesk run first\n")
    consumer.assign([TopicPartition(options.topic, p, known.get(p, OFFSET_BEGINNING)) for p in topic.partitions])
    try:
        while options.until is None or options.until > database.execute("SELECT count(*) FROM articles").fetchone()[0]:
            messages = consumer.consume(BATCH, timeout=1.0)
            with database:  # one transaction: the articles and the place behind them
                for message in messages:
                    if message.error():
                        raise KafkaException(message.error())
                    take(database, message)
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()


if __name__ == "__main__":
    main()
