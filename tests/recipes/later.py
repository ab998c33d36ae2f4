"""What happens to a topic after its articles: in each partition a record that is never committed, and one tombstone.

    later.py BOOTSTRAP TOPIC KEY PARTITION      prints the committed place of GROUPS... once they are given:
    later.py BOOTSTRAP TOPIC --places GROUP...  as JSON, by group and partition
"""

import json
import sys

from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient


def send(bootstrap, topic, key, partition):
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": topic})
    producer.init_transactions(30)
    producer.begin_transaction()
    for number in AdminClient({"bootstrap.servers": bootstrap}).list_topics(topic, timeout=30).topics[topic].partitions:
        producer.produce(topic, '{"revision": 1, "title": "never committed"}', "f" * 32, partition=number)
    producer.flush(30)
    producer.abort_transaction(30)
    producer.begin_transaction()
    producer.produce(topic, None, key, partition=partition)
    producer.commit_transaction(30)


def places(bootstrap, topic, groups):
    admin = AdminClient({"bootstrap.servers": bootstrap})
    partitions = admin.list_topics(topic, timeout=30).topics[topic].partitions
    found = {}
    for group in groups:
        asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, number) for number in partitions])
        answer = admin.list_consumer_group_offsets([asked])[group].result(30)
        found[group] = {place.partition: place.offset for place in answer.topic_partitions}
    return found


if __name__ == "__main__":
    _, bootstrap, topic, key, *more = sys.argv
    if key == "--places":
        print(json.dumps(places(bootstrap, topic, more)))
    else:
        send(bootstrap, topic, key, int(more[0]))
