"""The last phase: the log topic is recreated, and the store must not accept its records."""

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
from streams.processor.stop import StopReason
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
    """Whether the new log is *longer* than the old one, and workers are *present* meanwhile."""

    longer: bool
    present: bool

    def __str__(self) -> str:
        length = "longer" if self.longer else "shorter"
        return f"{length}, workers {'present' if self.present else 'away'}"


CASES = [RecreationCase(*each) for each in product((True, False), (True, False))]


def recreate(case: RecreationCase, folder: Path, random: Random) -> list[str]:
    """Recreate the log topic after it was folded; return the errors."""
    with running_services(folder, random, {}) as services:
        services.producer.burst(1500)
        if error := services.finish():
            return [error]
        before = store_contents(services)
        if not case.present:
            services.workers.stop_all()
        recreate_log(services, 6000 if case.longer else 300)
        services.workers.replace_dead(WORKER_COUNT)
        return list(recreation_errors(services, before))


def recreate_log(services: FaultServices, size: int) -> None:
    """Delete the log topic, create it again, and produce other records."""
    with admin_client(services.kafka.bootstrap) as admin:
        admin.delete_topics([LOG])
        while LOG in admin.list_topics():
            time.sleep(0.02)
        apply_topics(admin, required_topics(Settings()), alter=False)
    # A client with metadata of the old topic could wait for it.
    services.producer = LogProducer(
        services.kafka.bootstrap, endless_records(Random(services.random.random()))
    )
    services.producer.burst(size)
    services.producer.flush()


def recreation_errors(services: FaultServices, before: StoreContents) -> Iterator[str]:
    """Yield the errors: every partition must stop, report the reason, and not change its rows."""

    def partitions_without_reason() -> set[int]:
        findings = services.workers.partition_findings()
        return {
            each for each in range(PARTITIONS) if not is_expected_reason(findings.get(each, ""))
        }

    if not services.wait_until(lambda: not partitions_without_reason(), STOP_SECONDS):
        yield f"partitions {sorted(partitions_without_reason())} do not report why they are stopped"
    time.sleep(UNCHANGED_SECONDS)
    after = store_contents(services)
    changed = sorted(key for key in before.keys() | after if before.get(key) != after.get(key))
    if changed:
        yield f"{len(changed)} keys of the store changed: {changed[:5]}"


def is_expected_reason(text: str) -> bool:
    """Return whether *text* has the remedy for another log or for a shorter log."""
    return any(each.remedy in text for each in (StopReason.OTHER_LOG, StopReason.SHORTER_LOG))


def store_contents(services: FaultServices) -> StoreContents:
    """Return all hashes of the store without the stop messages of the cursors."""
    contents: StoreContents = {}
    client: Any
    with services.client() as client:
        for partition in range(PARTITIONS):
            for key in client.scan_iter(match=Keys(LIVE_SPACE, LOG, partition).prefix + "*"):
                contents[key] = {k: v for k, v in client.hgetall(key).items() if k != b"stopped"}
    return contents
