"""The five topics: what each is like, and how a cluster is brought to hold them so."""

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
"""A letter is a record of the log, of any size the log takes, with the reason in its headers."""

KEPT = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
"""Nothing is ever removed: by default Kafka forgets after a week."""

COMPACTED = {"cleanup.policy": "compact"}

CONFIRM_SECONDS = 10

ALREADY_THERE = 36  # TOPIC_ALREADY_EXISTS: somebody applied at the same moment.


class Refused(Exception):
    """The broker will not do it; the message gives its reason.  Exit code 2."""


class Outcome(StrEnum):
    """What became of a topic."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    ALTERED = "altered"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it should be.  *copies* of -1 leaves their number to the brokers."""

    name: str
    partitions: int
    copies: int
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where a topic departs from what it should be, and whether `--alter` may mend it."""

    setting: str
    found: str
    wanted: str
    mendable: bool

    def __str__(self) -> str:
        return f"{self.setting} is {self.found}, should be {self.wanted}"


@dataclass(frozen=True, slots=True)
class Report:
    """What was found of a topic and what was done; differences *left* still stand."""

    topic: Topic
    outcome: Outcome
    left: tuple[Difference, ...] = ()
    mended: tuple[Difference, ...] = ()


def topics(settings: Settings) -> tuple[Topic, ...]:
    """The topics of a deployment."""
    copies, alerts = settings.replication, settings.alert_partitions
    log = {**KEPT, "max.message.bytes": str(LOG_BYTES_MAX)}
    letters = {**KEPT, "max.message.bytes": str(DEAD_LETTER_BYTES_MAX)}
    return (
        Topic(LOG, settings.log_partitions, copies, log),
        Topic(DEAD_LETTERS, 1, copies, letters),
        Topic(ALERTS, alerts, copies, COMPACTED),
        Topic(NOTIFIED, alerts, copies, COMPACTED),
        Topic(AUDIT, 1, copies, KEPT),
    )


def apply(admin: Any, wanted: Iterable[Topic], *, alter: bool) -> list[Report]:
    """Create what is missing and report what differs; with *alter*, mend its settings.

    The number of partitions is never altered: it says in which one a study lies.
    """
    wanted = list(wanted)
    created = create(admin, wanted)
    differences = examine(admin, [topic for topic in wanted if topic.name not in created])
    reports: list[Report] = []
    for topic in wanted:
        if topic.name in created:
            reports.append(Report(topic, Outcome.CREATED))
        else:
            reports.append(settle(admin, topic, differences[topic.name], alter=alter))
    confirm(admin, [report.topic for report in reports if report.mended])
    return reports


def create(admin: Any, wanted: list[Topic]) -> set[str]:
    """Create the topics that are not there, and name them."""
    there = set(admin.list_topics())
    missing = {
        topic.name: {
            "num_partitions": topic.partitions,
            "replication_factor": topic.copies,
            "configs": dict(topic.settings),
        }
        for topic in wanted
        if topic.name not in there
    }
    if not missing:
        return set()
    told = admin.create_topics(missing, raise_errors=False)["topics"]
    for each in told:
        if each["error_code"] not in (0, ALREADY_THERE):
            raise Refused(f"{each['name']}: {each['error_message'] or each['error_code']}")
    admin.wait_for_topics(list(missing))
    return {each["name"] for each in told if each["error_code"] == 0}


def examine(admin: Any, wanted: list[Topic]) -> dict[str, list[Difference]]:
    """How the topics of the cluster differ from *wanted*, by name."""
    if not wanted:
        return {}
    names = [topic.name for topic in wanted]
    shapes = {each["name"]: each["partitions"] for each in admin.describe_topics(names)}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    told = admin.describe_configs(asked, config_filter="all")["topic"]
    return {
        topic.name: [*reshaped(topic, shapes[topic.name]), *reset(topic, told[topic.name])]
        for topic in wanted
    }


def reshaped(topic: Topic, partitions: list[dict[str, Any]]) -> list[Difference]:
    """Another number of partitions or of copies: what no setting can mend."""
    copies = min((len(each["replica_nodes"]) for each in partitions), default=0)
    pairs = [("partitions", len(partitions), topic.partitions)]
    if topic.copies != -1:
        pairs.append(("replication", copies, topic.copies))
    return [
        Difference(setting=name, found=str(found), wanted=str(right), mendable=False)
        for name, found, right in pairs
        if found != right
    ]


def reset(topic: Topic, told: dict[str, dict[str, Any]]) -> list[Difference]:
    """Settings in force that are not the topic's, whoever set them."""
    found = {name: str(told.get(name, {}).get("value")) for name in topic.settings}
    return [
        Difference(setting=name, found=found[name], wanted=right, mendable=True)
        for name, right in topic.settings.items()
        if found[name] != right
    ]


def settle(admin: Any, topic: Topic, found: list[Difference], *, alter: bool) -> Report:
    """Mend what may be mended if asked to, and report the rest."""
    mended = tuple(each for each in found if each.mendable and alter)
    left = tuple(each for each in found if each not in mended)
    if mended:
        # Incremental: a setting that is not ours stays as its owner left it.
        right = {each.setting: each.wanted for each in mended}
        asked = [ConfigResource(ConfigResourceType.TOPIC, topic.name, right)]
        told = admin.alter_configs(asked, incremental=True)["topic"][topic.name]
        if told != "OK":
            raise Refused(f"{topic.name}: {told}")
    changed = Outcome.ALTERED if mended else Outcome.UNCHANGED
    return Report(topic, Outcome.DIFFERENT if left else changed, left, mended)


def confirm(admin: Any, altered: list[Topic]) -> None:
    """Wait until the broker goes by what its controller has accepted."""
    deadline = time.monotonic() + CONFIRM_SECONDS
    while any(each.mendable for found in examine(admin, altered).values() for each in found):
        if time.monotonic() > deadline:
            raise Refused(f"it accepted new settings and after {CONFIRM_SECONDS} s has old ones")
        time.sleep(0.05)
