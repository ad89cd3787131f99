"""The last leg: the topic is made anew under a kept store, and nothing of it may be folded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

from streams.kafka.admin import administer
from streams.kafka.topics import LOG, apply, topics
from streams.processor import Halt
from streams.settings import Settings
from streams.store import LIVE
from streams.store.keys import Keys
from tests.faults.produced_log import PARTITIONS, Feed, records
from tests.faults.services import WORKERS, Ground, grounded

STOPS_SECONDS = 90

WATCHED_SECONDS = 5

Kept = dict[bytes, dict[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Case:
    """The new log is *longer* than the old one or not; workers are *present* meanwhile or not."""

    longer: bool
    present: bool

    def __str__(self) -> str:
        length = "longer" if self.longer else "shorter"
        return f"{length}, workers {'present' if self.present else 'away'}"


CASES = [Case(*each) for each in product((True, False), (True, False))]


def recreate(case: Case, folder: Path, random: Random) -> list[str]:
    """Make the log anew under a store that has folded it; what was wrong."""
    with grounded(folder, random, {}) as ground:
        ground.feed.burst(1500)
        if behind := ground.settle():
            return [behind]
        before = kept(ground)
        if not case.present:
            ground.crew.end()
        made_anew(ground, 6000 if case.longer else 300)
        ground.crew.tend(WORKERS)
        return list(wrong(ground, before))


def made_anew(ground: Ground, size: int) -> None:
    """Delete the log, make it again, and put other records into it."""
    with administer(ground.kafka.bootstrap) as admin:
        admin.delete_topics([LOG])
        while LOG in admin.list_topics():
            time.sleep(0.02)
        apply(admin, topics(Settings()), alter=False)
    # A client that knows the old topic could wait for it.
    ground.feed = Feed(ground.kafka.bootstrap, records(Random(ground.random.random())))
    ground.feed.burst(size)
    ground.feed.flush()


def wrong(ground: Ground, before: Kept) -> Iterator[str]:
    """What is not as it must be: all partitions stand still, say why, and keep what they have."""

    def silent() -> set[int]:
        said = ground.crew.stopped()
        return {each for each in range(PARTITIONS) if not says_why(said.get(each, ""))}

    if not ground.until(lambda: not silent(), STOPS_SECONDS):
        yield f"partitions {sorted(silent())} do not say why they stand still"
    time.sleep(WATCHED_SECONDS)
    after = kept(ground)
    changed = sorted(key for key in before.keys() | after if before.get(key) != after.get(key))
    if changed:
        yield f"{len(changed)} keys have changed: {changed[:5]}"


def says_why(said: str) -> bool:
    """Whether these are the words of a partition that met another log, or one cut short."""
    return any(halt.remedy in said for halt in (Halt.OTHER_LOG, Halt.SHORTER_LOG))


def kept(ground: Ground) -> Kept:
    """All that is in the store, but why partitions stand still."""
    found: Kept = {}
    client: Any
    with ground.client() as client:
        for partition in range(PARTITIONS):
            for key in client.scan_iter(match=Keys(LIVE, LOG, partition).prefix + "*"):
                found[key] = {k: v for k, v in client.hgetall(key).items() if k != b"stopped"}
    return found
