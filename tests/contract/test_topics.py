"""`apply_topics` on a real broker creates topics, reports differences and keeps other settings."""

from __future__ import annotations

from typing import Any

import pytest
from kafka import KafkaProducer
from kafka.errors import KafkaError

from streams.kafka.topics import (
    DEAD_LETTERS,
    LOG,
    LOG_BYTES_MAX,
    TopicOutcome,
    TopicReport,
    apply_topics,
    required_topics,
)
from streams.local.kafka_server import KafkaServer
from streams.settings import RECORD_BYTES_MAX, Settings
from tests.contract.cluster import OUR_TOPICS, alerts_topic, topics_found

pytestmark = pytest.mark.kafka


def outcomes(reports: list[TopicReport]) -> list[TopicOutcome]:
    """The outcome of each topic, in the order of *reports*."""
    return [report.outcome for report in reports]


def test_the_five_topics_are_created(admin: Any):
    """Each topic has the designed partitions and settings; others keep the broker's defaults."""
    retained = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}

    assert outcomes(apply_topics(admin, OUR_TOPICS, alter=False)) == [TopicOutcome.CREATED] * 5
    assert topics_found(admin) == {
        "trial.log.v1": (
            12,
            {**retained, "max.message.bytes": "1114112", "compression.type": "producer"},
        ),
        "trial.dead-letter.v1": (1, {**retained, "max.message.bytes": "1179648"}),
        "safety.alerts.v1": (4, {"cleanup.policy": "compact"}),
        "safety.notified.v1": (4, {"cleanup.policy": "compact"}),
        "safety.audit.v1": (1, retained),
    }


@pytest.mark.parametrize("alter", [False, True])
def test_a_second_time_changes_nothing(admin: Any, alter: bool):
    """A deployment may apply the topics at every start."""
    apply_topics(admin, OUR_TOPICS, alter=False)
    before = topics_found(admin)

    assert outcomes(apply_topics(admin, OUR_TOPICS, alter=alter)) == [TopicOutcome.UNCHANGED] * 5
    assert topics_found(admin) == before


def test_different_settings_are_reported_and_not_changed(admin: Any):
    """Without --alter no setting is changed, because an operator may have chosen it."""
    apply_topics(admin, [alerts_topic(configs={"cleanup.policy": "delete"})], alter=False)

    reports = {report.topic.name: report for report in apply_topics(admin, OUR_TOPICS, alter=False)}

    alerts = reports.pop("safety.alerts.v1")
    assert [str(each) for each in alerts.remaining] == [
        "cleanup.policy is delete, should be compact"
    ]
    assert outcomes(list(reports.values())) == [TopicOutcome.CREATED] * 4
    assert topics_found(admin)["safety.alerts.v1"] == (4, {"cleanup.policy": "delete"})


def test_alter_changes_only_the_designed_settings(admin: Any):
    """A segment size that the operator chose stays."""
    apply_topics(admin, [alerts_topic(configs={"segment.bytes": "1048576"})], alter=False)

    report = next(each for each in apply_topics(admin, OUR_TOPICS, alter=True) if each.altered)

    assert report.outcome is TopicOutcome.ALTERED and report.remaining == ()
    expected = {"cleanup.policy": "compact", "segment.bytes": "1048576"}
    assert topics_found(admin)["safety.alerts.v1"] == (4, expected)


def test_a_partition_count_is_never_altered(admin: Any):
    """The partition of a study follows from the count, so a change would split its log."""
    apply_topics(admin, OUR_TOPICS, alter=False)
    wider = required_topics(Settings(log_partitions=13))

    report = apply_topics(admin, wider, alter=True)[0]

    assert report.outcome is TopicOutcome.DIFFERENT
    assert [str(each) for each in report.remaining] == ["partitions is 12, should be 13"]
    assert topics_found(admin)[LOG][0] == 12


def is_accepted(kafka: KafkaServer, topic: str, value: bytes, **headers: str) -> bool:
    """Whether the broker accepts a record with a study's key, *value* and error *headers*."""
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, max_request_size=1 << 23)
    error_headers = [(f"__streams.errors.{name}", text.encode()) for name, text in headers.items()]
    try:
        producer.send(topic, key=b"S" * 64, value=value, headers=error_headers).get(timeout=30)
    except KafkaError:
        return False
    finally:
        producer.close()
    return True


def test_the_largest_record_fits_the_log_and_the_dead_letters(admin: Any, kafka: KafkaServer):
    """A dead letter has room for the largest log record and its reason, so quarantine works."""
    apply_topics(admin, OUR_TOPICS, alter=False)
    largest = bytes(LOG_BYTES_MAX - 200)

    assert is_accepted(kafka, LOG, bytes(RECORD_BYTES_MAX), message="x" * 1000)
    assert is_accepted(kafka, LOG, largest)
    assert not is_accepted(kafka, LOG, bytes(LOG_BYTES_MAX))
    assert is_accepted(kafka, DEAD_LETTERS, largest, exception="e" * 200, message="x" * 10_000)
