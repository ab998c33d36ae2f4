"""Reads articles in the formats of a schema registry with the deserialisers of Confluent's client, which
take the schema from the registry: NDJSON, one article a line.

    formats.py FORMAT --registry URL --bootstrap HOST:PORT --topic TOPIC --count N
    formats.py FORMAT --registry URL --values FILE     a value in base64 a line, for no topic in particular
"""

import argparse
import base64
import datetime
import json
import pathlib
import sys
import tempfile
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

DEFINITION = pathlib.Path(__file__).parents[2] / "config/schema/article.proto"


def protobuf():
    """The class that protoc makes of the definition, and how an object of it becomes JSON."""
    import grpc_tools
    from google.protobuf.json_format import MessageToDict
    from grpc_tools import protoc

    with tempfile.TemporaryDirectory() as folder:
        known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
        arguments = ["protoc", f"-I{DEFINITION.parent}", f"-I{known}", f"--python_out={folder}", str(DEFINITION)]
        if protoc.main(arguments) != 0:
            sys.exit("formats.py: protoc refuses the definition")
        sys.path.insert(0, folder)
        from article_pb2 import ArticleRecord
    return ArticleRecord, MessageToDict


def reader(form, url):
    """A function that gives the JSON of a value."""
    registry = SchemaRegistryClient({"url": url})
    if form == "protobuf":
        record, to_json = protobuf()
        read = ProtobufDeserializer(record, {"use.deprecated.format": False})
        return lambda value, context: to_json(read(value, context))
    if form == "avro":
        return AvroDeserializer(registry)
    return JSONDeserializer(None, schema_registry_client=registry)


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat()
    raise TypeError(type(value))


def values(options):
    if options.values:
        with open(options.values, encoding="ascii") as file:
            yield from (base64.b64decode(line) for line in file)
        return
    consumer = Consumer({
        "bootstrap.servers": options.bootstrap,
        "group.id": "copydesk-tests-formats",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
    })
    deadline = time.monotonic() + options.timeout
    while options.topic not in (topics := consumer.list_topics(timeout=10).topics):
        if time.monotonic() > deadline:
            sys.exit(f"formats.py: no topic {options.topic}")
        time.sleep(0.2)
    consumer.assign([TopicPartition(options.topic, p, OFFSET_BEGINNING) for p in topics[options.topic].partitions])
    seen = 0
    while seen < options.count:
        if time.monotonic() > deadline:
            sys.exit(f"formats.py: {seen} of {options.count} records in {options.timeout:.0f} s")
        message = consumer.poll(0.2)
        if message is not None and message.error() is None:
            seen += 1
            yield message.value()
    consumer.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("format", choices=["json_schema", "avro", "protobuf"])
    parser.add_argument("--registry", required=True)
    parser.add_argument("--bootstrap")
    parser.add_argument("--topic", default="any")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("--values")
    options = parser.parse_args()
    read = reader(options.format, options.registry)
    context = SerializationContext(options.topic, MessageField.VALUE)
    for value in values(options):
        print(json.dumps(read(value, context), default=plain, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
