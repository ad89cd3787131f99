"""Holds what a campaign left behind to one pass over the same log, in which nothing went wrong."""

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
from streams.outbox.relay import announcement, dead_letter
from streams.processor import Hole, Lane
from streams.processor.pipeline import Pipeline
from streams.replay.verify import studies
from streams.settings import Settings
from streams.store import LIVE, Fields
from streams.store.keys import Keys
from streams.store.memory import MemoryStore
from streams.store.redis import RedisStore, connect
from tests.contract.credentials import full
from tests.faults.produced_log import PARTITIONS

ALERT_PARTITIONS = Settings().alert_partitions

AT_ONCE = 2_000


@dataclass(slots=True)
class Verdict:
    """What was compared, and what was wrong: empty *says* is what a campaign must end with."""

    records: int = 0
    studies: int = 0
    alerts: int = 0
    letters: int = 0
    sent: int = 0
    markers: int = 0
    lost: int = 0
    phantom: int = 0
    payloads: int = 0
    missing: int = 0
    doubled: int = 0
    rows: int = 0
    cursors: int = 0
    says: list[str] = field(default_factory=list[str])

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.says

    def __add__(self, other: Verdict) -> Verdict:
        """Both together."""
        pairs = zip(asdict(self).items(), asdict(other).values(), strict=True)
        return Verdict(**{name: one + two for (name, one), two in pairs})


@dataclass(slots=True)
class Pass:
    """What one pass over a partition comes to."""

    store: MemoryStore
    due: dict[bytes, Message]
    records: int


def judge(broker: str, url: str) -> Verdict:
    """Compare everything."""
    return asyncio.run(_judge(broker, url))


async def _judge(broker: str, url: str) -> Verdict:
    verdict = Verdict()
    due: dict[bytes, Message] = {}
    client = connect(url, patience=30)
    for partition in range(PARTITIONS):
        passed = await one_pass(broker, partition)
        verdict.records += passed.records
        due |= passed.due
        store = RedisStore(client, Keys(LIVE, LOG, partition))
        await compare(verdict, partition, store, passed.store)
    await client.aclose()
    told = [each async for each in messages(broker)]
    listen(verdict, due, told)
    return verdict


async def one_pass(broker: str, partition: int) -> Pass:
    """Fold a partition, as it is read back, into a store in memory."""
    log, store = KafkaLog(broker, LOG, partition), MemoryStore()
    lane = Lane(log, store, partition=partition)
    await lane.claim()
    entries: list[LogRecord] = []
    while found := await log.read(entries[-1].offset + 1 if entries else 0, AT_ONCE):
        entries += found
        await take(lane, found)
        assert lane.stopped is None, str(lane.stopped)
    await log.close()
    outbox = await store.outbox()
    rung = {name: value for name, value in outbox.items() if name.startswith("a|")}
    assert rung == alerts(partition, entries), "a lane rings otherwise than the pipeline alone"
    records = {f"d|{each.offset:020d}": each for each in entries}
    letters = (
        dead_letter(partition, name, value, records[name])
        for name, value in outbox.items()
        if name in records
    )
    rings = (announcement(name, value, ALERT_PARTITIONS) for name, value in rung.items())
    due = {each.key or b"": each for each in (*letters, *rings)}
    return Pass(store, due, len(entries))


async def take(lane: Lane, found: Iterable[LogRecord]) -> None:
    """Fold what was read; only markers can lie between."""
    records = list(found)
    while True:
        try:
            await lane.take(records)
            return
        except Hole as hole:
            lane.pass_hole(hole.found)


def alerts(partition: int, entries: Iterable[LogRecord]) -> Fields:
    """The outbox's entries for all alerts of a partition, by the pipeline that replay uses."""
    pipeline, found = Pipeline(), Fields()
    for entry in entries:
        value, key = entry.value or b"", (entry.key or b"").decode()
        if study_of(value) == key and partition_of(key, PARTITIONS) == partition:
            for alert in pipeline.advance(value, entry.offset).alerts:
                said = asdict(alert) | {"hypothetical": False}
                found[f"a|{alert.id}|{alert.revision:06d}"] = orjson.dumps(said)
    return found


def study_of(value: bytes) -> str | None:
    """The study that a record names, if it is one."""
    try:
        said = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return said.get("study") if isinstance(said, dict) else None


async def compare(verdict: Verdict, partition: int, held: RedisStore, due: MemoryStore) -> None:
    """Compare the cursor and every row, field by field, to the last bit."""
    cursors = [full(await each.cursor()) for each in (held, due)]
    for each in cursors:
        each.pop("stopped", None)
    if says := differing(f"the cursor of {partition}", cursors[0], cursors[1]):
        verdict.cursors += 1
        verdict.says.append(says)
    verdict.markers += int(orjson.loads(cursors[0].get("counts", b"{}")).get("markers", 0))
    for study in sorted({*await rows(held), *studies(cursors[1])}):
        here, there = full(await held.row(study)), full(await due.row(study))
        verdict.studies += bool(there)
        more = counted(here) - counted(there)
        verdict.doubled += max(0, more)
        verdict.missing += max(0, -more)
        if says := differing(f"the row of {study} in {partition}", here, there):
            verdict.rows += 1
            verdict.says.append(says)


async def rows(store: RedisStore) -> set[str]:
    """The studies that have a row in the store, whether or not its cursor knows of them."""
    start = f"{store.keys.prefix}s:"
    found = [key.decode() async for key in store.client.scan_iter(match=f"{start}*", count=1000)]
    return {key.removeprefix(start) for key in found if not key.endswith("~")}


def counted(row: Fields) -> int:
    """How many records a row says it was folded from."""
    head = orjson.loads(row.get("head", b"{}"))
    return sum(head.get("outcomes", {}).values())


async def messages(broker: str) -> AsyncIterator[Message]:
    """All that was told."""
    for topic, count in ((ALERTS, ALERT_PARTITIONS), (DEAD_LETTERS, 1)):
        for partition in range(count):
            log, start = KafkaLog(broker, topic, partition), 0
            while found := await log.read(start, AT_ONCE):
                for each in found:
                    yield told(topic, partition, each)
                start = found[-1].offset + 1
            await log.close()


def told(topic: str, partition: int, record: LogRecord) -> Message:
    """A record as the message that was sent."""
    headers = tuple(getattr(record, "headers", ()))
    return Message(
        topic=topic, partition=partition, key=record.key, value=record.value, headers=headers
    )


def listen(verdict: Verdict, due: dict[bytes, Message], told: list[Message]) -> None:
    """Compare what was told with what was to be told; twice the same is once."""
    heard = Counter(each.key or b"" for each in told)
    verdict.sent = len(told)
    verdict.alerts = sum(each.topic == ALERTS for each in due.values())
    verdict.letters = len(due) - verdict.alerts
    lost, phantom = sorted(due.keys() - heard.keys()), sorted(heard.keys() - due.keys())
    other = sorted({each.key or b"" for each in told if due.get(each.key or b"", each) != each})
    verdict.lost, verdict.phantom, verdict.payloads = len(lost), len(phantom), len(other)
    for what, names in (
        ("lost", lost),
        ("told without a reason", phantom),
        ("told otherwise", other),
    ):
        if names:
            verdict.says.append(f"{what}: {', '.join(map(repr, names[:5]))}")


def differing(what: str, held: Fields, due: Fields) -> str:
    """Which fields are not as they must be; empty where all are."""
    names = sorted(name for name in held.keys() | due if held.get(name) != due.get(name))
    shown = "; ".join(f"{name} is {held.get(name)}, not {due.get(name)}" for name in names[:3])
    return f"{what} differs in {len(names)} fields: {shown}" if names else ""
