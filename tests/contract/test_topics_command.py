"""The output and the exit codes of `tocsin topics apply` on a real cluster."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from streams.kafka.topics import apply_topics
from streams.local.kafka_server import KafkaServer
from tests.contract.cluster import alerts_topic, topics_found
from tests.contract.commands import tocsin

pytestmark = pytest.mark.kafka


def test_the_command_prints_the_outcome_of_each_topic(admin: Any, kafka: KafkaServer):
    """A line for each topic as text or as JSON, with exit code 0."""
    first = tocsin("topics", "apply", BROKER=kafka.bootstrap)
    second = tocsin("topics", "apply", "--json", BROKER=kafka.bootstrap)

    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout.splitlines()[0].split() == ["trial.log.v1", "created", "12", "partitions"]
    reports = [json.loads(line) for line in second.stdout.splitlines()]
    assert [each["outcome"] for each in reports] == ["unchanged"] * 5


def test_the_command_names_what_differs_and_the_remedy(admin: Any, kafka: KafkaServer):
    """A difference is exit code 2, so that a start-up script fails."""
    apply_topics(
        admin, [alerts_topic(configs={"cleanup.policy": "delete"}, partitions=3)], alter=False
    )

    plain = tocsin("topics", "apply", BROKER=kafka.bootstrap)
    altered = tocsin("topics", "apply", "--alter", BROKER=kafka.bootstrap)

    assert (plain.returncode, altered.returncode) == (2, 2)
    assert "  cleanup.policy is delete, should be compact" in plain.stdout
    assert "--alter" in plain.stderr and "--alter" not in altered.stderr
    assert "TOCSIN_ALERT_PARTITIONS" in altered.stderr
    assert topics_found(admin)["safety.alerts.v1"] == (3, {"cleanup.policy": "compact"})


def test_more_copies_than_brokers_are_refused(admin: Any, kafka: KafkaServer):
    """The command repeats the broker's reason in one line."""
    result = tocsin("topics", "apply", BROKER=kafka.bootstrap, REPLICATION="3")

    assert result.returncode == 2
    assert (
        "the broker refused the request: trial.log.v1: " in result.stderr
        and "Traceback" not in result.stderr
    )


def test_two_commands_may_apply_at_once(admin: Any, kafka: KafkaServer):
    """Two commands at once both succeed, as when two workers start together."""
    with ThreadPoolExecutor() as pool:
        results = pool.map(lambda _: tocsin("topics", "apply", BROKER=kafka.bootstrap), range(2))

    assert [(each.returncode, each.stderr) for each in results] == [(0, "")] * 2
