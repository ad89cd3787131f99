"""Where real producers put a study's records, on a real broker."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from confluent_kafka import Producer
from kafka import KafkaConsumer, KafkaProducer

from streams.kafka.admin import admin_client
from streams.kafka.partitioner import partition_of
from streams.local.kafka_server import KafkaServer

pytestmark = pytest.mark.kafka

PARTITIONS = 12
STUDIES = ["PRODERM", "CDISCPILOT01", "CGD", "NCT02728752", "a", "ab", "abc", "abcd", "S.1:x-2_"]
EXPECTED = {study: partition_of(study, PARTITIONS) for study in STUDIES}


@pytest.fixture
def topic(kafka: KafkaServer, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty topic of the test's own."""
    name = f"placed.{request.node.name}"
    with admin_client(kafka.bootstrap) as admin:
        admin.create_topics({name: {"num_partitions": PARTITIONS}}, wait_for_metadata=True)
        yield name
        admin.delete_topics([name])


def partitions_found(kafka: KafkaServer, topic: str) -> dict[str, int]:
    """In which partition the record of each study lies."""
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=kafka.bootstrap,
        auto_offset_reset="earliest",
        group_id=None,
        consumer_timeout_ms=10_000,
    )
    found: dict[str, int] = {}
    for record in consumer:
        found[record.key.decode()] = record.partition
        if len(found) == len(STUDIES):
            break
    consumer.close()
    return found


def test_the_producer_of_java_puts_a_study_where_we_say(kafka: KafkaServer, topic: str):
    """Kafka's own console producer, at its defaults, is the judge."""
    tool = kafka.java_command("org.apache.kafka.tools.ConsoleProducer", "--topic", topic)
    subprocess.run(
        [*tool, "--bootstrap-server", kafka.bootstrap, "--property", "parse.key=true"],
        input="".join(f"{study}\t-\n" for study in STUDIES),
        text=True,
        capture_output=True,
        check=True,
    )

    assert partitions_found(kafka, topic) == EXPECTED


def test_kafka_python_puts_a_study_where_we_say(kafka: KafkaServer, topic: str):
    """A site that feeds the log with it need not name the partition."""
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap)
    for study in STUDIES:
        producer.send(topic, key=study.encode(), value=b"-")
    producer.close()

    assert partitions_found(kafka, topic) == EXPECTED


def test_librdkafka_by_itself_does_not(kafka: KafkaServer, topic: str):
    """That is why our producers name the partition: with it named, it agrees."""
    producer = Producer({"bootstrap.servers": kafka.bootstrap})
    for study in STUDIES:
        producer.produce(topic, key=study.encode(), value=b"-")
    producer.flush()

    assert partitions_found(kafka, topic) != EXPECTED
