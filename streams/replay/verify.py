"""Holds a store to the log: what is in it must be what folding the log anew gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from math import isclose
from typing import Any

import orjson

from streams.log import Log
from streams.processor import Lane
from streams.processor.pipeline import take_in
from streams.processor.refold import refold, silent
from streams.records.signing import OPEN, Trust
from streams.store import Fields, Store
from streams.store.memory import MemoryStore
from streams.store.rows.digest import digest_of

CURSOR = ""
"""Stands for the cursor where a study is named."""

BESIDE_THE_LOG = {"released", "stopped"}
"""Of a cursor: what an operator says, and why it stands still; neither follows from the log."""

CLOSE = 1e-9
"""Relative: the last bits of a logarithm differ from one processor to another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A *field* of a *study*, or of the cursor, that is not what the log says."""

    study: str
    field: str
    held: str
    due: str


@dataclass(slots=True)
class Verified:
    """What was compared, and what differs."""

    partition: int
    records: int = 0
    behind: int = 0
    studies: list[str] = field(default_factory=list[str])
    differences: list[Difference] = field(default_factory=list[Difference])


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a store holds: the cursor, and each row, every one of its own moment."""

    cursor: Fields
    rows: dict[str, Fields]

    @property
    def next(self) -> int:
        """How far the cursor says that the partition was folded."""
        return int(self.cursor.get("next") or b"0")

    def moments(self) -> Iterator[tuple[int, str]]:
        """At which offset each must be compared: a worker may have moved on in between."""
        yield self.next, CURSOR
        for study, row in self.rows.items():
            pos = row.get("pos", b"")
            yield (int(pos) + 1 if pos.isdigit() else self.next), study


async def snapshot(store: Store) -> Snapshot:
    """What *store* holds now."""
    cursor = await store.cursor()
    return Snapshot(cursor=cursor, rows={each: await store.row(each) for each in studies(cursor)})


async def verify(
    log: Log,
    store: Store,
    partition: int,
    tell: Callable[[int], None] = silent,
    trust: Trust = OPEN,
) -> Verified:
    """Fold *log* in memory as far as *store* was, and compare field by field.

    Each row is compared at its own offset.  Raises StandsStill where the log cannot be folded.
    """
    seen, memory = await snapshot(store), MemoryStore()
    if released := seen.cursor.get("released"):
        await memory.release(int(released))
    lane = Lane(log, memory, partition=partition, fold=partial(take_in, trust=trust))
    await lane.claim()
    found = Verified(partition, studies=sorted(each for each, row in seen.rows.items() if row))
    for until, study in sorted(seen.moments()):
        found.records = await refold(lane, log, until=until, tell=tell)
        held = seen.cursor if study == CURSOR else seen.rows[study]
        due = await (memory.cursor() if study == CURSOR else memory.row(study))
        found.differences += differences(study, held, due)
    found.behind = (await log.ends()).next - seen.next
    return found


def differences(study: str, held: Fields, due: Fields) -> Iterator[Difference]:
    """The fields of a row, or of the cursor, that are not what they should be."""
    if due and not held:
        yield Difference(study=study, field="*", held="nothing", due=f"{len(due)} fields")
        return
    unlike = [
        name
        for name in sorted(held.keys() | due.keys())
        if name not in BESIDE_THE_LOG and name != "digest"
        if not alike(name, held.get(name, b""), due.get(name, b""))
    ]
    # Of its own fields: evidence that differs in its last bits makes another digest.
    if study != CURSOR and held and held.get("digest", b"") != digest_of(held):
        unlike.append("digest")
        due = {**due, "digest": digest_of(held)}
    for name in unlike:
        here, there = (shown(each.get(name, b"")) for each in (held, due))
        yield Difference(study=study, field=name, held=here, due=there)


def alike(name: str, held: bytes, due: bytes) -> bool:
    """Whether a field says the same; the evidence of a watch but for its last bits."""
    if held == due:
        return True
    if not (name.startswith("w|") and held and due):
        return False
    try:
        (*words, log_e), (*others, other) = (judged(each) for each in (held, due))
    except (ValueError, TypeError):
        return False
    if log_e is None or other is None:
        return False
    return words == others and isclose(log_e, other, rel_tol=CLOSE)


def judged(value: bytes) -> list[Any]:
    """Level, ground and evidence of a watch."""
    level, ground, log_e = orjson.loads(value)
    return [level, ground, None if log_e is None else float.fromhex(log_e)]


def studies(cursor: Fields) -> list[str]:
    """The studies that the cursor names, whether or not it says that they have a row."""
    return sorted(name[len("pos|") :] for name in cursor if name.startswith("pos|"))


def shown(value: bytes) -> str:
    """A value, as far as it is needed to see the difference."""
    text = value.decode(errors="replace")
    return text if len(text) <= 200 else f"{text[:200]}... ({len(value)} bytes)"
