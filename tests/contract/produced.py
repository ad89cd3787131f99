"""A file that is produced, wholly or in part, and what the topic then holds."""

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
    """A record of one of seven studies."""
    source = {"system": "edc", "id": f"r{number}", "version": 1}
    fields = {"type": "tick", "study": study or f"S{number % 7}", "source": source, **more}
    return json.dumps(
        {"schema": "trial.log/1", "known_at": "2020-01-01T00:00:00Z", **fields}
    ).encode()


def write_log(folder: Path, *lines: bytes) -> Path:
    path = folder / "log.jsonl"
    path.write_bytes(b"".join(each + b"\n" for each in lines))
    return path


async def produce(writable: WritableTopic, path: Path, most: int | None = None) -> int:
    """Produce the file as the command does, or only its first *most* missing records."""
    file = FileLog(path)
    missing = await find_backlog(
        file, PARTITIONS, lambda number: KafkaLog(writable.bootstrap, writable.topic, number)
    )
    records = missing_records(file, PARTITIONS, missing)
    if most is not None:
        records = first_records(records, most)
    async with LogWriter(writable.bootstrap, writable.topic) as sink:
        sent = [count async for count in send_records(records, sink, Unpaced())][-1]
    await file.close()
    return sent


async def first_records(records: Records, most: int) -> Records:
    """The first of *records*: what a run sends that is ended in the middle."""
    async for record in records:
        if most == 0:
            return
        most -= 1
        yield record


async def topic_values(bootstrap: str, topic: str) -> PartitionValues:
    """What each partition of the topic holds."""
    found: PartitionValues = {}
    for number in range(PARTITIONS):
        log = KafkaLog(bootstrap, topic, number)
        found[number] = [value for _, value in await read_all(log, most=1000)]
        await log.close()
    return found


def expected_values(lines: list[bytes]) -> PartitionValues:
    """Where *lines* belong, by the studies that they name."""
    found: PartitionValues = {number: [] for number in range(PARTITIONS)}
    for each in lines:
        found[partition_of(json.loads(each)["study"], PARTITIONS)].append(each)
    return found
