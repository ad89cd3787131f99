"""Produces a file to a topic, wholly or in part, and reads what the topic then holds."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from streams.kafka.partitioner import partition_of
from streams.log import LogRecord
from streams.log.file import FileLog
from streams.log.kafka import KafkaLog
from streams.producers.file_producer import LogWriter, find_backlog, missing_records, send_records
from streams.producers.pace import Unpaced
from tests.contract.logs import WritableTopic, read_all

PARTITIONS = 4
PartitionValues = dict[int, list[bytes | None]]
Records = AsyncIterator[tuple[int, LogRecord]]


def record_bytes(number: int, study: str = "", **more: Any) -> bytes:
    """A tick of *study*, by default of one of seven studies, with *more* fields."""
    source = {"system": "edc", "id": f"r{number}", "version": 1}
    study = study or f"S{number % 7}"
    fields = {"type": "tick", "study": study, "source": source, "date": "2020-01-01", **more}
    return json.dumps(
        {"schema": "trial.log/1", "known_at": "2020-01-01T00:00:00Z", **fields}
    ).encode()


def write_log(folder: Path, *lines: bytes) -> Path:
    """Write *lines* to a log file in *folder*."""
    path = folder / "log.jsonl"
    path.write_bytes(b"".join(each + b"\n" for each in lines))
    return path


async def produce(writable: WritableTopic, path: Path, limit: int | None = None) -> int:
    """Produce the missing records of the file, or the first *limit*; return how many."""
    file = FileLog(path)
    missing = await find_backlog(
        file, PARTITIONS, lambda number: KafkaLog(writable.bootstrap, writable.topic, number)
    )
    records = missing_records(file, PARTITIONS, missing)
    if limit is not None:
        records = first_records(records, limit)
    async with LogWriter(writable.bootstrap, writable.topic) as sink:
        sent = [count async for count in send_records(records, sink, Unpaced())][-1]
    await file.close()
    return sent


async def first_records(records: Records, limit: int) -> Records:
    """The first *limit* records, as an interrupted run sends them."""
    async for record in records:
        if limit == 0:
            return
        limit -= 1
        yield record


async def topic_values(bootstrap: str, topic: str) -> PartitionValues:
    """The values in each partition of the topic."""
    values: PartitionValues = {}
    for number in range(PARTITIONS):
        log = KafkaLog(bootstrap, topic, number)
        values[number] = [value for _, value in await read_all(log, limit=1000)]
        await log.close()
    return values


def expected_values(lines: list[bytes]) -> PartitionValues:
    """The values expected in each partition, by the studies of *lines*."""
    values: PartitionValues = {number: [] for number in range(PARTITIONS)}
    for each in lines:
        values[partition_of(json.loads(each)["study"], PARTITIONS)].append(each)
    return values
