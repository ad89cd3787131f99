"""What `tocsin topics apply` says on a real cluster, and how it ends."""

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


def test_the_command_says_what_it_did(admin: Any, kafka: KafkaServer):
    """A line for each topic, exit code 0; and the same for a program."""
    first = tocsin("topics", "apply", BROKER=kafka.bootstrap)
    second = tocsin("topics", "apply", "--json", BROKER=kafka.bootstrap)

    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout.splitlines()[0].split() == ["trial.log.v1", "created", "12", "partitions"]
    told = [json.loads(line) for line in second.stdout.splitlines()]
    assert [each["outcome"] for each in told] == ["unchanged"] * 5


def test_the_command_names_what_differs_and_the_remedy(admin: Any, kafka: KafkaServer):
    """A start-up that applies must notice: exit code 2."""
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
    """The broker's reason is passed on, in one line."""
    done = tocsin("topics", "apply", BROKER=kafka.bootstrap, REPLICATION="3")

    assert done.returncode == 2
    assert (
        "the broker refused the request: trial.log.v1: " in done.stderr
        and "Traceback" not in done.stderr
    )


def test_two_may_apply_at_once(admin: Any, kafka: KafkaServer):
    """Two workers that start together both find the topics right."""
    with ThreadPoolExecutor() as pool:
        both = pool.map(lambda _: tocsin("topics", "apply", BROKER=kafka.bootstrap), range(2))

    assert [(done.returncode, done.stderr) for done in both] == [(0, "")] * 2
