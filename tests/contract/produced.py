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
from streams.producers.file_producer import Sink, backlog, deliver, lacking
from streams.producers.pace import AtOnce
from tests.contract.logs import TopicShelf, all_of

PARTITIONS = 4
Held = dict[int, list[bytes | None]]
Records = AsyncIterator[tuple[int, LogRecord]]


def line(number: int, study: str = "", **more: Any) -> bytes:
    """A record of one of seven studies."""
    source = {"system": "edc", "id": f"r{number}", "version": 1}
    said = {"type": "tick", "study": study or f"S{number % 7}", "source": source, **more}
    return json.dumps(
        {"schema": "trial.log/1", "known_at": "2020-01-01T00:00:00Z", **said}
    ).encode()


def log_of(folder: Path, *lines: bytes) -> Path:
    path = folder / "log.jsonl"
    path.write_bytes(b"".join(each + b"\n" for each in lines))
    return path


async def produce(shelf: TopicShelf, path: Path, most: int | None = None) -> int:
    """Produce the file as the command does, or only its first *most* missing records."""
    file = FileLog(path)
    missing = await backlog(
        file, PARTITIONS, lambda number: KafkaLog(shelf.bootstrap, shelf.topic, number)
    )
    records = lacking(file, PARTITIONS, missing)
    if most is not None:
        records = cut(records, most)
    async with Sink(shelf.bootstrap, shelf.topic) as sink:
        sent = [count async for count in deliver(records, sink, AtOnce())][-1]
    await file.close()
    return sent


async def cut(records: Records, most: int) -> Records:
    """The first of *records*: what a run sends that is ended in the middle."""
    async for record in records:
        if most == 0:
            return
        most -= 1
        yield record


async def held(bootstrap: str, topic: str) -> Held:
    """What each partition of the topic holds."""
    found: Held = {}
    for number in range(PARTITIONS):
        log = KafkaLog(bootstrap, topic, number)
        found[number] = [value for _, value in await all_of(log, most=1000)]
        await log.close()
    return found


def belonging(lines: list[bytes]) -> Held:
    """Where *lines* belong, by the studies that they name."""
    found: Held = {number: [] for number in range(PARTITIONS)}
    for each in lines:
        found[partition_of(json.loads(each)["study"], PARTITIONS)].append(each)
    return found
