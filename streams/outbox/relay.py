"""Tells Kafka what the fold has to say: alerts, and records that were set aside."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import orjson

from monitor.errors import SIGNATURE_REASONS
from streams.kafka.partitioner import partition_of
from streams.kafka.sender import Message, Sender
from streams.kafka.topics import ALERTS, DEAD_LETTERS, LOG
from streams.log import Log, LogRecord, RecordsGone
from streams.store import Fields

ALERT_PREFIX, DEAD_LETTER_PREFIX = "a", "d"
"""How the name of an entry begins: `a|<alert id>|<revision>` or `d|<offset>`."""

BATCH_MAX = 64
"""Messages under way at once: a letter may be as large as a record."""

READ_MAX = 100

RECORD_GONE = "the log no longer holds the record"


class OutboxStore(Protocol):
    """The part of a store that a relay needs."""

    async def outbox(self) -> Fields:
        """What is yet to be told."""
        ...

    async def remove_published(self, names: Iterable[str]) -> None:
        """Take entries out: the broker has them."""
        ...


@dataclass(slots=True)
class OutboxRelay:
    """Relays the outbox of one partition, at least once; readers drop what they have by its key.

    *since* holds when each entry that waits was first seen; *announced* is told the name of each
    that the broker has.  *open* are those that wait and say nothing of the arms.
    """

    log: Log
    store: OutboxStore
    sender: Sender
    alert_partitions: int
    clock: Callable[[], float] = time.monotonic
    first_seen: dict[str, float] = field(default_factory=dict[str, float])
    on_published: Callable[[str], object] = str
    open_entries: set[str] = field(default_factory=set[str])

    async def publish_pending(self) -> None:
        """Send what waits, and take out what every copy of the broker has."""
        entries = await self.store.outbox()
        now = self.clock()
        self.first_seen = {name: self.first_seen.get(name, now) for name in entries}
        self.open_entries = {name for name, entry in entries.items() if is_open(name, entry)}
        # Each by itself, and what is open is complained of first: neither that something closed
        # waits nor that it cannot be told may show in what anybody sees.
        closed_failure = await self._send_all(entries.keys() - self.open_entries, entries)
        if failure := await self._send_all(self.open_entries, entries) or closed_failure:
            raise failure

    @property
    def waiting_seconds(self) -> float:
        """For how long the oldest entry has been waiting."""
        return self.clock() - min(self.first_seen.values()) if self.first_seen else 0.0

    @property
    def open_waiting_seconds(self) -> float:
        """The same of what anybody may know to be waiting: no alert, and no review."""
        waiting = [since for name, since in self.first_seen.items() if name in self.open_entries]
        return self.clock() - min(waiting) if waiting else 0.0

    @property
    def has_open_entries(self) -> bool:
        """Whether something waits that anybody may know of."""
        return bool(self.open_entries & self.first_seen.keys())

    async def _send_all(self, names: Iterable[str], entries: Fields) -> BaseException | None:
        """Send *names* wave by wave, up to one that fails: why it did, or None."""
        for batch in send_batches(names):
            if failure := await self._send_batch(batch, entries):
                return failure
        return None

    async def _send_batch(self, names: Sequence[str], entries: Fields) -> BaseException | None:
        """Send *names* at once, and cross off those that arrived: why one did not, or None."""
        records = await self._read_records(
            [name for name in names if name.startswith(DEAD_LETTER_PREFIX)]
        )
        messages = [
            dead_letter_message(self.log.partition, name, entries[name], records[name])
            if name in records
            else alert_message(name, entries[name], self.alert_partitions)
            for name in names
        ]
        results = await asyncio.gather(*map(self.sender.send, messages), return_exceptions=True)
        delivered = [
            name for name, each in zip(names, results, strict=True) if isinstance(each, int)
        ]
        for name in delivered:
            self.on_published(name)
        await self.store.remove_published(delivered)
        for name in delivered:
            del self.first_seen[name]
        return next((each for each in results if isinstance(each, BaseException)), None)

    async def _read_records(self, names: Sequence[str]) -> dict[str, LogRecord | None]:
        """The records that the entries *names* set aside; None for one that is gone."""
        records: dict[str, LogRecord | None] = dict.fromkeys(names)
        missing = {int(name.partition("|")[2]): name for name in names}
        while missing:
            first = min(missing)
            for record in await self._read_from(first):
                if name := missing.pop(record.offset, None):
                    records[name] = record
            missing.pop(first, None)  # If it is not there, it never will be.
        return records

    async def _read_from(self, start: int) -> Sequence[LogRecord]:
        try:
            return await self.log.read(start, READ_MAX)
        except RecordsGone:
            return []


def is_open(name: str, entry: bytes) -> bool:
    """Whether anybody may know that the *entry* waits: a letter, but for one that may be a review.

    That an alert waits tells that it exists, and so does a review that nobody signed rightly.
    """
    return (
        name.startswith(DEAD_LETTER_PREFIX)
        and orjson.loads(entry)["reason"] not in SIGNATURE_REASONS
    )


def send_batches(names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """*names* in groups to be sent one after another: a revision never before an earlier one."""
    by_rank: dict[int, list[str]] = {}
    last_rank: dict[str, int] = {}
    for name in sorted(names):
        sequence = name.rpartition("|")[0] if name.startswith(ALERT_PREFIX) else name
        rank = last_rank[sequence] = last_rank.get(sequence, -1) + 1
        by_rank.setdefault(rank, []).append(name)
    for rank in sorted(by_rank):
        same_rank = by_rank[rank]
        for start in range(0, len(same_rank), BATCH_MAX):
            yield tuple(same_rank[start : start + BATCH_MAX])


def alert_message(name: str, alert: bytes, partitions: int) -> Message:
    """The message that tells of an alert.  All revisions of one alert go to one partition."""
    _, alert_id, revision = name.split("|")
    return Message(
        topic=ALERTS,
        partition=partition_of(alert_id, partitions),
        key=f"{alert_id}:{int(revision)}".encode(),
        value=alert,
    )


def dead_letter_message(
    partition: int, name: str, entry: bytes, record: LogRecord | None
) -> Message:
    """The message that keeps a record that was set aside, as it was, with the reason."""
    offset = int(name.partition("|")[2])
    refusal: Mapping[str, str] = orjson.loads(entry)
    fields = {
        "exception": refusal["reason"],
        "message": refusal["detail"] if record is not None else RECORD_GONE,
        "topic": LOG,
        "partition": str(partition),
        "offset": str(offset),
    }
    # The names that Kafka Streams gives them (KIP-1034), so its tools read ours.
    error_headers = tuple(
        (f"__streams.errors.{name}", text.encode()) for name, text in fields.items()
    )
    return Message(
        topic=DEAD_LETTERS,
        partition=0,
        key=f"{LOG}:{partition}:{offset}".encode(),
        value=None if record is None else record.value,
        headers=(*getattr(record, "headers", ()), *error_headers),
    )
