"""Compares the store and topics after a campaign with one pass over the log without faults."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict, dataclass, field

import orjson

from streams.kafka.partitioner import partition_of
from streams.kafka.sender import Message
from streams.kafka.topics import ALERTS, DEAD_LETTERS, LOG
from streams.log import LogRecord
from streams.log.kafka import KafkaLog
from streams.outbox.relay import alert_message, dead_letter_message
from streams.processor.pipeline import Pipeline
from streams.processor.processor import PartitionProcessor
from streams.processor.stop import OffsetGap
from streams.replay.verify import studies_in_cursor
from streams.settings import Settings
from streams.store import LIVE_SPACE, Fields
from streams.store.cursor_fields import operator_fields
from streams.store.keys import Keys
from streams.store.memory import CURSOR, MemoryStore
from streams.store.redis import RedisStore, connect
from tests.contract.expected_results import non_empty
from tests.faults.produced_log import PARTITIONS

ALERT_PARTITIONS = Settings().alert_partitions

BATCH_RECORDS = 2_000


@dataclass(slots=True)
class Verdict:
    """Counts of what was compared and of what differed; a campaign must end without *errors*."""

    records: int = 0
    studies: int = 0
    alerts: int = 0
    dead_letters: int = 0
    published: int = 0
    markers: int = 0
    lost: int = 0
    phantom: int = 0
    wrong_payloads: int = 0
    missing: int = 0
    doubled: int = 0
    wrong_rows: int = 0
    wrong_cursors: int = 0
    errors: list[str] = field(default_factory=list[str])

    @property
    def passed(self) -> bool:
        """Return whether there is no error."""
        return not self.errors

    def __add__(self, other: Verdict) -> Verdict:
        """Return the sums of all counts, and the errors of both."""
        pairs = zip(asdict(self).items(), asdict(other).values(), strict=True)
        return Verdict(**{name: one + two for (name, one), two in pairs})


@dataclass(slots=True)
class ExpectedPartition:
    """Store, messages and number of records after one pass over a partition."""

    store: MemoryStore
    messages: dict[bytes, Message]
    records: int


def judge(broker: str, url: str) -> Verdict:
    """Compare rows, cursors, alerts and dead letters of all partitions with the expected ones."""
    return asyncio.run(_judge(broker, url))


async def _judge(broker: str, url: str) -> Verdict:
    verdict = Verdict()
    expected_messages: dict[bytes, Message] = {}
    client = connect(url, timeout=30)
    for partition in range(PARTITIONS):
        store = RedisStore(client, Keys(LIVE_SPACE, LOG, partition))
        passed = operator_fields(await store.cursor())
        expected = await expected_partition(broker, partition, passed)
        verdict.records += expected.records
        expected_messages |= expected.messages
        await compare(verdict, partition, store, expected.store)
    await client.aclose()
    published = [each async for each in published_messages(broker)]
    compare_messages(verdict, expected_messages, published)
    return verdict


async def expected_partition(broker: str, partition: int, passed: Fields) -> ExpectedPartition:
    """Read a partition from Kafka, and fold it into a store in memory.

    *passed* are the cursor fields of batches that were passed, whose records are left out.
    """
    log, store = KafkaLog(broker, LOG, partition), MemoryStore({CURSOR: dict(passed)})
    processor = PartitionProcessor(log, store, partition=partition)
    await processor.claim()
    entries: list[LogRecord] = []
    while batch := await log.read(entries[-1].offset + 1 if entries else 0, BATCH_RECORDS):
        entries += batch
        await fold_past_markers(processor, batch)
        assert processor.stopped is None, str(processor.stopped)
    await log.close()
    outbox = await store.outbox()
    alert_entries = {name: value for name, value in outbox.items() if name.startswith("a|")}
    assert alert_entries == expected_alerts(partition, entries), (
        "the processor raises other alerts than the pipeline"
    )
    records = {f"d|{each.offset:020d}": each for each in entries}
    dead_letters = (
        dead_letter_message(partition, name, value, records[name])
        for name, value in outbox.items()
        if name in records
    )
    alert_messages = (
        alert_message(name, value, ALERT_PARTITIONS) for name, value in alert_entries.items()
    )
    messages = {each.key or b"": each for each in (*dead_letters, *alert_messages)}
    return ExpectedPartition(store, messages, len(entries))


async def fold_past_markers(processor: PartitionProcessor, batch: Iterable[LogRecord]) -> None:
    """Fold a batch that was read from Kafka; its gaps can only be transaction markers."""
    records = list(batch)
    while True:
        try:
            await processor.fold_batch(records)
            return
        except OffsetGap as gap:
            processor.skip_gap(gap.found)


def expected_alerts(partition: int, entries: Iterable[LogRecord]) -> Fields:
    """Return the outbox entries of a partition's alerts, by the pipeline that replay uses."""
    pipeline, expected = Pipeline(), Fields()
    for entry in entries:
        value, key = entry.value or b"", (entry.key or b"").decode()
        if study_of(value) == key and partition_of(key, PARTITIONS) == partition:
            for alert in pipeline.process_bytes(value, entry.offset).alerts:
                fields = asdict(alert) | {"hypothetical": False}
                expected[f"a|{alert.id}|{alert.revision:06d}"] = orjson.dumps(fields)
    return expected


def study_of(value: bytes) -> str | None:
    """Return the study of a record; None where *value* is no record."""
    try:
        fields = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return fields.get("study") if isinstance(fields, dict) else None


async def compare(
    verdict: Verdict, partition: int, stored: RedisStore, expected: MemoryStore
) -> None:
    """Compare the cursor and every row, each field byte by byte."""
    cursors = [non_empty(await each.cursor()) for each in (stored, expected)]
    for each in cursors:
        each.pop("stopped", None)
    if difference := field_differences(f"the cursor of {partition}", cursors[0], cursors[1]):
        verdict.wrong_cursors += 1
        verdict.errors.append(difference)
    verdict.markers += int(orjson.loads(cursors[0].get("counts", b"{}")).get("markers", 0))
    for study in sorted({*await studies_with_rows(stored), *studies_in_cursor(cursors[1])}):
        row, expected_row = non_empty(await stored.row(study)), non_empty(await expected.row(study))
        verdict.studies += bool(expected_row)
        surplus = records_counted(row) - records_counted(expected_row)
        verdict.doubled += max(0, surplus)
        verdict.missing += max(0, -surplus)
        if difference := field_differences(f"the row of {study} in {partition}", row, expected_row):
            verdict.wrong_rows += 1
            verdict.errors.append(difference)


async def studies_with_rows(store: RedisStore) -> set[str]:
    """Return the studies that have a row in the store, whether or not its cursor names them."""
    start = f"{store.keys.prefix}s:"
    keys = [key.decode() async for key in store.client.scan_iter(match=f"{start}*", count=1000)]
    return {key.removeprefix(start) for key in keys if not key.endswith("~")}


def records_counted(row: Fields) -> int:
    """Return the number of records that a row counts in its head."""
    head = orjson.loads(row.get("head", b"{}"))
    return sum(head.get("outcomes", {}).values())


async def published_messages(broker: str) -> AsyncIterator[Message]:
    """Yield all messages of the alert topic and of the dead-letter topic."""
    for topic, count in ((ALERTS, ALERT_PARTITIONS), (DEAD_LETTERS, 1)):
        for partition in range(count):
            log, start = KafkaLog(broker, topic, partition), 0
            while batch := await log.read(start, BATCH_RECORDS):
                for each in batch:
                    yield as_message(topic, partition, each)
                start = batch[-1].offset + 1
            await log.close()


def as_message(topic: str, partition: int, record: LogRecord) -> Message:
    """Return a record of a topic as the message that was sent."""
    headers = tuple(getattr(record, "headers", ()))
    return Message(
        topic=topic, partition=partition, key=record.key, value=record.value, headers=headers
    )


def compare_messages(
    verdict: Verdict, expected: dict[bytes, Message], published: list[Message]
) -> None:
    """Compare the published with the expected messages; identical duplicates are allowed."""
    counts = Counter(each.key or b"" for each in published)
    verdict.published = len(published)
    verdict.alerts = sum(each.topic == ALERTS for each in expected.values())
    verdict.dead_letters = len(expected) - verdict.alerts
    lost, phantom = sorted(expected.keys() - counts.keys()), sorted(counts.keys() - expected.keys())
    other = sorted(
        {each.key or b"" for each in published if expected.get(each.key or b"", each) != each}
    )
    verdict.lost, verdict.phantom, verdict.wrong_payloads = len(lost), len(phantom), len(other)
    for problem, names in (
        ("lost", lost),
        ("published without a reason", phantom),
        ("published with other content", other),
    ):
        if names:
            verdict.errors.append(f"{problem}: {', '.join(map(repr, names[:5]))}")


def field_differences(subject: str, stored: Fields, expected: Fields) -> str:
    """Return which fields of *stored* differ from *expected*, at most three; empty if none."""
    names = sorted(
        name for name in stored.keys() | expected if stored.get(name) != expected.get(name)
    )
    shown = "; ".join(
        f"{name} is {stored.get(name)}, not {expected.get(name)}" for name in names[:3]
    )
    return f"{subject} differs in {len(names)} fields: {shown}" if names else ""
