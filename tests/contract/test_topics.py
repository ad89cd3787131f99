"""`tocsin topics apply` on a real broker: it creates, it reports, and it leaves alone."""

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
    """What became of each topic, in the order asked for."""
    return [report.outcome for report in reports]


def test_the_five_topics_come_to_be(admin: Any):
    """The broker says of each what the design says; what it does not say is left to the broker."""
    kept = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}

    assert outcomes(apply_topics(admin, OUR_TOPICS, alter=False)) == [TopicOutcome.CREATED] * 5
    assert topics_found(admin) == {
        "trial.log.v1": (12, {**kept, "max.message.bytes": "1114112"}),
        "trial.dead-letter.v1": (1, {**kept, "max.message.bytes": "1179648"}),
        "safety.alerts.v1": (4, {"cleanup.policy": "compact"}),
        "safety.notified.v1": (4, {"cleanup.policy": "compact"}),
        "safety.audit.v1": (1, kept),
    }


@pytest.mark.parametrize("alter", [False, True])
def test_a_second_time_changes_nothing(admin: Any, alter: bool):
    """A deployment may apply at every start."""
    apply_topics(admin, OUR_TOPICS, alter=False)
    before = topics_found(admin)

    assert outcomes(apply_topics(admin, OUR_TOPICS, alter=alter)) == [TopicOutcome.UNCHANGED] * 5
    assert topics_found(admin) == before


def test_other_settings_are_reported_and_left_alone(admin: Any):
    """Somebody may have had a reason; nothing is altered behind their back."""
    apply_topics(admin, [alerts_topic(configs={"cleanup.policy": "delete"})], alter=False)

    reports = {report.topic.name: report for report in apply_topics(admin, OUR_TOPICS, alter=False)}

    told = reports.pop("safety.alerts.v1")
    assert [str(each) for each in told.remaining] == ["cleanup.policy is delete, should be compact"]
    assert outcomes(list(reports.values())) == [TopicOutcome.CREATED] * 4
    assert topics_found(admin)["safety.alerts.v1"] == (4, {"cleanup.policy": "delete"})


def test_alter_sets_ours_and_keeps_what_is_not_ours(admin: Any):
    """A segment size that the cluster's owner chose stays."""
    apply_topics(admin, [alerts_topic(configs={"segment.bytes": "1048576"})], alter=False)

    report = next(each for each in apply_topics(admin, OUR_TOPICS, alter=True) if each.altered)

    assert report.outcome is TopicOutcome.ALTERED and report.remaining == ()
    ours_and_theirs = {"cleanup.policy": "compact", "segment.bytes": "1048576"}
    assert topics_found(admin)["safety.alerts.v1"] == (4, ours_and_theirs)


def test_a_number_of_partitions_is_never_altered(admin: Any):
    """A study's partition follows from their number: with another, its log would be in two."""
    apply_topics(admin, OUR_TOPICS, alter=False)
    wider = required_topics(Settings(log_partitions=13))

    report = apply_topics(admin, wider, alter=True)[0]

    assert report.outcome is TopicOutcome.DIFFERENT
    assert [str(each) for each in report.remaining] == ["partitions is 12, should be 13"]
    assert topics_found(admin)[LOG][0] == 12


def is_accepted(kafka: KafkaServer, topic: str, value: bytes, **headers: str) -> bool:
    """Whether the broker takes a record of a study's key, *value* and *headers*."""
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, max_request_size=1 << 23)
    named = [(f"__streams.errors.{name}", text.encode()) for name, text in headers.items()]
    try:
        producer.send(topic, key=b"S" * 64, value=value, headers=named).get(timeout=30)
    except KafkaError:
        return False
    finally:
        producer.close()
    return True


def test_the_largest_record_fits_the_log_and_the_dead_letters(admin: Any, kafka: KafkaServer):
    """What the log takes, a letter takes with its reason: else quarantine would stand still."""
    apply_topics(admin, OUR_TOPICS, alter=False)
    largest = bytes(LOG_BYTES_MAX - 200)

    assert is_accepted(kafka, LOG, bytes(RECORD_BYTES_MAX), message="x" * 1000)
    assert is_accepted(kafka, LOG, largest)
    assert not is_accepted(kafka, LOG, bytes(LOG_BYTES_MAX))
    assert is_accepted(kafka, DEAD_LETTERS, largest, exception="e" * 200, message="x" * 10_000)
