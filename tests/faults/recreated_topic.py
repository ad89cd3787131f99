"""The last leg: the topic is made anew under a kept store, and nothing of it may be folded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

from streams.kafka.admin import admin_client
from streams.kafka.topics import LOG, apply_topics, required_topics
from streams.processor import StopReason
from streams.settings import Settings
from streams.store import LIVE_SPACE
from streams.store.keys import Keys
from tests.faults.produced_log import PARTITIONS, LogProducer, endless_records
from tests.faults.services import WORKER_COUNT, FaultServices, running_services

STOP_SECONDS = 90

UNCHANGED_SECONDS = 5

StoreContents = dict[bytes, dict[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class RecreationCase:
    """The new log is *longer* than the old one or not; workers are *present* meanwhile or not."""

    longer: bool
    present: bool

    def __str__(self) -> str:
        length = "longer" if self.longer else "shorter"
        return f"{length}, workers {'present' if self.present else 'away'}"


CASES = [RecreationCase(*each) for each in product((True, False), (True, False))]


def recreate(case: RecreationCase, folder: Path, random: Random) -> list[str]:
    """Make the log anew under a store that has folded it; what was wrong."""
    with running_services(folder, random, {}) as services:
        services.producer.burst(1500)
        if behind := services.finish():
            return [behind]
        before = store_contents(services)
        if not case.present:
            services.workers.stop_all()
        recreate_log(services, 6000 if case.longer else 300)
        services.workers.replace_dead(WORKER_COUNT)
        return list(recreation_errors(services, before))


def recreate_log(services: FaultServices, size: int) -> None:
    """Delete the log, make it again, and put other records into it."""
    with admin_client(services.kafka.bootstrap) as admin:
        admin.delete_topics([LOG])
        while LOG in admin.list_topics():
            time.sleep(0.02)
        apply_topics(admin, required_topics(Settings()), alter=False)
    # A client that knows the old topic could wait for it.
    services.producer = LogProducer(
        services.kafka.bootstrap, endless_records(Random(services.random.random()))
    )
    services.producer.burst(size)
    services.producer.flush()


def recreation_errors(services: FaultServices, before: StoreContents) -> Iterator[str]:
    """What is not as it must be: all partitions stand still, say why, and keep what they have."""

    def partitions_without_reason() -> set[int]:
        findings = services.workers.partition_findings()
        return {
            each for each in range(PARTITIONS) if not is_expected_reason(findings.get(each, ""))
        }

    if not services.wait_until(lambda: not partitions_without_reason(), STOP_SECONDS):
        yield f"partitions {sorted(partitions_without_reason())} do not say why they stand still"
    time.sleep(UNCHANGED_SECONDS)
    after = store_contents(services)
    changed = sorted(key for key in before.keys() | after if before.get(key) != after.get(key))
    if changed:
        yield f"{len(changed)} keys have changed: {changed[:5]}"


def is_expected_reason(reason: str) -> bool:
    """Whether these are the words of a partition that met another log, or one cut short."""
    return any(halt.remedy in reason for halt in (StopReason.OTHER_LOG, StopReason.SHORTER_LOG))


def store_contents(services: FaultServices) -> StoreContents:
    """All that is in the store, but why partitions stand still."""
    found: StoreContents = {}
    client: Any
    with services.client() as client:
        for partition in range(PARTITIONS):
            for key in client.scan_iter(match=Keys(LIVE_SPACE, LOG, partition).prefix + "*"):
                found[key] = {k: v for k, v in client.hgetall(key).items() if k != b"stopped"}
    return found
