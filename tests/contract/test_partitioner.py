"""Tests of the partition to which real producers send a study's records."""

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
    """An empty topic for one test."""
    name = f"placed.{request.node.name}"
    with admin_client(kafka.bootstrap) as admin:
        admin.create_topics({name: {"num_partitions": PARTITIONS}}, wait_for_metadata=True)
        yield name
        admin.delete_topics([name])


def read_partitions(kafka: KafkaServer, topic: str) -> dict[str, int]:
    """Return the partition of the record of each study."""
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=kafka.bootstrap,
        auto_offset_reset="earliest",
        group_id=None,
        consumer_timeout_ms=10_000,
    )
    partition_by_study: dict[str, int] = {}
    for record in consumer:
        partition_by_study[record.key.decode()] = record.partition
        if len(partition_by_study) == len(STUDIES):
            break
    consumer.close()
    return partition_by_study


def test_the_java_producer_uses_the_same_partition(kafka: KafkaServer, topic: str):
    """Kafka's console producer with its default partitioner is the reference."""
    command = kafka.java_command("org.apache.kafka.tools.ConsoleProducer", "--topic", topic)
    subprocess.run(
        [*command, "--bootstrap-server", kafka.bootstrap, "--property", "parse.key=true"],
        input="".join(f"{study}\t-\n" for study in STUDIES),
        text=True,
        capture_output=True,
        check=True,
    )

    assert read_partitions(kafka, topic) == EXPECTED


def test_kafka_python_uses_the_same_partition(kafka: KafkaServer, topic: str):
    """A site that produces with kafka-python need not name the partition."""
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap)
    for study in STUDIES:
        producer.send(topic, key=study.encode(), value=b"-")
    producer.close()

    assert read_partitions(kafka, topic) == EXPECTED


def test_librdkafka_uses_other_partitions_by_default(kafka: KafkaServer, topic: str):
    """Its default partitioner differs, so our producers name the partition."""
    producer = Producer({"bootstrap.servers": kafka.bootstrap})
    for study in STUDIES:
        producer.produce(topic, key=study.encode(), value=b"-")
    producer.flush()

    assert read_partitions(kafka, topic) != EXPECTED
