"""Reads a topic from its start with a client that is not ours: NDJSON, one record a line.

Ends at the end of the topic as it is now; with --count, when so many records have come. Exit 1
where they did not come in --timeout seconds. --schema checks each value against a JSON Schema.
"""

import argparse
import json
import sys
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("topic")
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--isolation", default="read_committed", choices=["read_committed", "read_uncommitted"])
    parser.add_argument("--count", type=int)
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("--schema")
    return parser.parse_args()


def partitions(consumer, topic, deadline):
    """The topic's partitions, once it is there."""
    while True:
        found = consumer.list_topics(topic, timeout=10).topics[topic]
        if found.error is None and found.partitions:
            return sorted(found.partitions)
        if time.monotonic() > deadline:
            sys.exit(f"read.py: topic {topic}: {found.error or 'no partitions'}")
        time.sleep(0.2)


def text(value):
    return None if value is None else value.decode("utf-8", "replace")


def as_json(message):
    value = text(message.value())
    try:
        value = None if value is None else json.loads(value)
    except ValueError:
        pass  # shown as the string it is
    return {
        "partition": message.partition(),
        "offset": message.offset(),
        "timestamp": message.timestamp()[1],
        "key": text(message.key()),
        "headers": {name: text(content) for name, content in message.headers() or []},
        "value": value,
    }


def validator(path):
    if path is None:
        return lambda value: None
    from jsonschema import Draft202012Validator

    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema).validate


def main():
    options = arguments()
    deadline = time.monotonic() + options.timeout
    check = validator(options.schema)
    consumer = Consumer({
        "bootstrap.servers": options.bootstrap,
        "group.id": "copydesk-tests-read",
        "isolation.level": options.isolation,
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 100,
    })
    open_ends = set(partitions(consumer, options.topic, deadline))
    consumer.assign([TopicPartition(options.topic, p, OFFSET_BEGINNING) for p in open_ends])
    seen = 0
    while seen < options.count if options.count is not None else open_ends:
        if time.monotonic() > deadline:
            sys.exit(f"read.py: {options.topic}: {seen} of {options.count or 'all'} records in {options.timeout:.0f} s")
        message = consumer.poll(0.2)
        if message is None:
            continue
        if message.error() is None:
            record = as_json(message)
            check(record["value"])
            print(json.dumps(record, ensure_ascii=False), flush=True)
            seen += 1
        elif message.error().code() == KafkaError._PARTITION_EOF:
            open_ends.discard(message.partition())
        elif message.error().fatal():
            sys.exit(f"read.py: {message.error()}")
    consumer.close()


if __name__ == "__main__":
    main()
