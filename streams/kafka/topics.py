"""The five topics: their required configuration, and how it is applied to a cluster."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType

from streams.settings import HEADROOM_BYTES, RECORD_BYTES_MAX, Settings

LOG = "trial.log.v1"
DEAD_LETTERS = "trial.dead-letter.v1"
ALERTS = "safety.alerts.v1"
NOTIFIED = "safety.notified.v1"
AUDIT = "safety.audit.v1"

LOG_BYTES_MAX = RECORD_BYTES_MAX + HEADROOM_BYTES
DEAD_LETTER_BYTES_MAX = LOG_BYTES_MAX + HEADROOM_BYTES
"""A dead letter is a log record of any allowed size, with the reason in its headers."""

RETAINED_FOREVER = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
"""Unlimited retention; Kafka's default is one week."""

COMPACTED = {"cleanup.policy": "compact"}

CONFIRM_SECONDS = 10
"""How long ``wait_confirmed`` waits for altered settings."""

TOPIC_ALREADY_EXISTS = 36  # Kafka's error code; another process created the topic meanwhile.


class BrokerRefused(Exception):
    """The broker refuses the request; the message gives its reason.  Exit code 2."""


class TopicOutcome(StrEnum):
    """What ``apply_topics`` found or did about a topic."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    ALTERED = "altered"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Topic:
    """Required state of a topic.  *replication_factor* -1 uses the brokers' default."""

    name: str
    partitions: int
    replication_factor: int
    configs: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A setting with another value than required; *mendable* if `--alter` may change it."""

    setting: str
    found: str
    wanted: str
    mendable: bool

    def __str__(self) -> str:
        return f"{self.setting} is {self.found}, should be {self.wanted}"


@dataclass(frozen=True, slots=True)
class TopicReport:
    """Outcome of one topic: the differences that were altered, and those that remain."""

    topic: Topic
    outcome: TopicOutcome
    remaining: tuple[Difference, ...] = ()
    altered: tuple[Difference, ...] = ()


def required_topics(settings: Settings) -> tuple[Topic, ...]:
    """Return the five topics that a deployment requires."""
    replication_factor, alert_partitions = settings.replication, settings.alert_partitions
    log_configs = {
        **RETAINED_FOREVER,
        "max.message.bytes": str(LOG_BYTES_MAX),
        # The log keeps the bytes of its producers; every codec of Kafka is read.
        "compression.type": "producer",
    }
    dead_letter_configs = {**RETAINED_FOREVER, "max.message.bytes": str(DEAD_LETTER_BYTES_MAX)}
    return (
        Topic(LOG, settings.log_partitions, replication_factor, log_configs),
        Topic(DEAD_LETTERS, 1, replication_factor, dead_letter_configs),
        Topic(ALERTS, alert_partitions, replication_factor, COMPACTED),
        Topic(NOTIFIED, alert_partitions, replication_factor, COMPACTED),
        Topic(AUDIT, 1, replication_factor, RETAINED_FOREVER),
    )


def apply_topics(admin: Any, wanted: Iterable[Topic], *, alter: bool) -> list[TopicReport]:
    """Create missing topics and report differences; with *alter*, change differing settings.

    The number of partitions is never altered, because a study's partition depends on it.  Raises
    BrokerRefused.
    """
    wanted = list(wanted)
    created = create_missing(admin, wanted)
    differences = find_differences(admin, [topic for topic in wanted if topic.name not in created])
    reports: list[TopicReport] = []
    for topic in wanted:
        if topic.name in created:
            reports.append(TopicReport(topic, TopicOutcome.CREATED))
        else:
            reports.append(alter_topic(admin, topic, differences[topic.name], alter=alter))
    wait_confirmed(admin, [report.topic for report in reports if report.altered])
    return reports


def create_missing(admin: Any, wanted: list[Topic]) -> set[str]:
    """Create the missing topics, and return the names of those created.  Raises BrokerRefused."""
    existing = set(admin.list_topics())
    missing = {
        topic.name: {
            "num_partitions": topic.partitions,
            "replication_factor": topic.replication_factor,
            "configs": dict(topic.configs),
        }
        for topic in wanted
        if topic.name not in existing
    }
    if not missing:
        return set()
    results = admin.create_topics(missing, raise_errors=False)["topics"]
    for each in results:
        if each["error_code"] not in (0, TOPIC_ALREADY_EXISTS):
            raise BrokerRefused(f"{each['name']}: {each['error_message'] or each['error_code']}")
    admin.wait_for_topics(list(missing))
    return {each["name"] for each in results if each["error_code"] == 0}


def find_differences(admin: Any, wanted: list[Topic]) -> dict[str, list[Difference]]:
    """Return by name how the existing topics differ from *wanted*."""
    if not wanted:
        return {}
    names = [topic.name for topic in wanted]
    partitions_by_topic = {
        each["name"]: each["partitions"] for each in admin.describe_topics(names)
    }
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    configs = admin.describe_configs(resources, config_filter="all")["topic"]
    return {
        topic.name: [
            *shape_differences(topic, partitions_by_topic[topic.name]),
            *config_differences(topic, configs[topic.name]),
        ]
        for topic in wanted
    }


def shape_differences(topic: Topic, partitions: list[dict[str, Any]]) -> list[Difference]:
    """Compare the numbers of partitions and replicas, which no setting changes."""
    replicas = min((len(each["replica_nodes"]) for each in partitions), default=0)
    comparisons = [("partitions", len(partitions), topic.partitions)]
    if topic.replication_factor != -1:
        comparisons.append(("replication", replicas, topic.replication_factor))
    return [
        Difference(setting=name, found=str(found), wanted=str(required), mendable=False)
        for name, found, required in comparisons
        if found != required
    ]


def config_differences(topic: Topic, configs: dict[str, dict[str, Any]]) -> list[Difference]:
    """Compare the effective settings, whether set on the topic or inherited from the broker."""
    current = {name: str(configs.get(name, {}).get("value")) for name in topic.configs}
    return [
        Difference(setting=name, found=current[name], wanted=required, mendable=True)
        for name, required in topic.configs.items()
        if current[name] != required
    ]


def alter_topic(
    admin: Any, topic: Topic, differences: list[Difference], *, alter: bool
) -> TopicReport:
    """With *alter*, change the mendable settings; report the other differences.

    Raises BrokerRefused.
    """
    altered = tuple(each for each in differences if each.mendable and alter)
    remaining = tuple(each for each in differences if each not in altered)
    if altered:
        # Incremental: settings that Tocsin does not require keep their values.
        configs = {each.setting: each.wanted for each in altered}
        resources = [ConfigResource(ConfigResourceType.TOPIC, topic.name, configs)]
        result = admin.alter_configs(resources, incremental=True)["topic"][topic.name]
        if result != "OK":
            raise BrokerRefused(f"{topic.name}: {result}")
    outcome = TopicOutcome.ALTERED if altered else TopicOutcome.UNCHANGED
    return TopicReport(topic, TopicOutcome.DIFFERENT if remaining else outcome, remaining, altered)


def wait_confirmed(admin: Any, altered: list[Topic]) -> None:
    """Wait until brokers report the settings that their controller accepted.

    Raises BrokerRefused after ``CONFIRM_SECONDS``.
    """
    deadline = time.monotonic() + CONFIRM_SECONDS
    while any(
        each.mendable for found in find_differences(admin, altered).values() for each in found
    ):
        if time.monotonic() > deadline:
            raise BrokerRefused(
                f"new settings were accepted but are not in effect after {CONFIRM_SECONDS} s"
            )
        time.sleep(0.05)
