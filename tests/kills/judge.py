"""Compares what was answered with the log, byte by byte, and the fold with the records sent."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from streams.kafka.topics import DEAD_LETTERS, LOG
from streams.log import records_of
from streams.log.kafka import KafkaLog
from streams.processor.cursor import Cursor
from streams.store import LIVE_SPACE, Fields
from streams.store.keys import Keys
from streams.store.redis import RedisStore
from tests.contract.intakes import PARTITION, STUDY
from tests.contract.processes import patient_client
from tests.faults.workers import WorkerProcesses
from tests.kills.senders import HttpSender

FOLD_SECONDS = 240


@dataclass(slots=True)
class Verdict:
    """Counts of what was compared; a campaign must end without *errors*.

    *repeated* are records that are in the log more than once, because they were sent again.
    """

    acknowledged: int = 0
    in_log: int = 0
    repeated: int = 0
    entities: int = 0
    errors: list[str] = field(default_factory=list[str])


def judge(
    broker: str, store: str, senders: Sequence[HttpSender], workers: WorkerProcesses
) -> Verdict:
    """Wait until all is folded, and compare the answers with log and store."""
    values = asyncio.run(read_values(broker, LOG, PARTITION))
    verdict = Verdict(in_log=len(values))
    for each in senders:
        verdict.errors += each.wrong
    compare_log(verdict, values, senders)
    if letters := asyncio.run(read_values(broker, DEAD_LETTERS, 0)):
        verdict.errors.append(f"{len(letters)} dead letters")
    row = asyncio.run(folded_row(store, max(values, default=-1), workers))
    compare_fold(verdict, row, values)
    return verdict


def compare_log(
    verdict: Verdict, values: dict[int, bytes | None], senders: Sequence[HttpSender]
) -> None:
    """Check that each line is in the log exactly where its answer says, and nothing else is."""
    lines = [line for each in senders for line in each.acknowledged]
    verdict.acknowledged = len(lines)
    for line in lines:
        if line.partition != PARTITION or values.get(line.offset) != line.value:
            verdict.errors.append(f"not at partition {line.partition}, offset {line.offset}")
    counts = Counter(values.values())
    verdict.repeated = counts.total() - len(counts)
    if foreign := counts.keys() - {line.value for line in lines}:
        verdict.errors.append(f"{len(foreign)} records that no sender has confirmed")
    if len({line.offset for line in lines}) != len(lines):
        verdict.errors.append("two lines were answered with one offset")


def compare_fold(verdict: Verdict, row: Fields, values: dict[int, bytes | None]) -> None:
    """Check that the row has each entity at its highest version, and each record once."""
    expected: dict[str, int] = {}
    for value in values.values():
        source = orjson.loads(value or b"")["source"]
        name = f"{source['system']}/{source['id']}"
        expected[name] = max(expected.get(name, 0), source["version"])
    found = {
        name[2:]: orjson.loads(value)[1] for name, value in row.items() if name[:2] in ("c|", "f|")
    }
    verdict.entities = len(found)
    if found != expected:
        missing = len(expected.keys() - found.keys())
        verdict.errors.append(f"{missing} entities are missing, or versions differ")
    outcomes: Counter[str] = Counter(orjson.loads(row.get("head", b"{}")).get("outcomes", {}))
    if outcomes.total() != len(values) or outcomes["refused"] or outcomes["conflict"]:
        verdict.errors.append(f"the fold counts {dict(outcomes)} for {len(values)} records")


async def read_values(broker: str, topic: str, partition: int) -> dict[int, bytes | None]:
    """Return the values of a partition by offset."""
    log = KafkaLog(broker, topic, partition, timeout_seconds=60)
    try:
        return {each.offset: each.value async for each in records_of(log)}
    finally:
        await log.close()


async def folded_row(url: str, last: int, workers: WorkerProcesses) -> Fields:
    """Return the row of the study once the record at offset *last* is folded, or after a time."""
    store = RedisStore(patient_client(url), Keys(LIVE_SPACE, LOG, PARTITION))
    deadline = time.monotonic() + FOLD_SECONDS
    try:
        while Cursor.from_fields(await store.cursor()).next <= last:
            if time.monotonic() > deadline:
                return {}
            workers.replace_dead(1)
            await asyncio.sleep(0.2)
        return {name: value for name, value in (await store.row(STUDY)).items() if value}
    finally:
        await store.close()
