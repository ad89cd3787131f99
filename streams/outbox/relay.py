"""Publishes the outbox to Kafka: alerts, and dead letters."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import orjson

from alerts.register.former_ids import spelled_id
from monitor.errors import SIGNATURE_REASONS
from streams.kafka.partitioner import partition_of
from streams.kafka.sender import Message, Sender
from streams.kafka.topics import ALERTS, DEAD_LETTERS, LOG
from streams.log import Log, LogRecord, RecordsGone
from streams.store import Fields

ALERT_PREFIX, DEAD_LETTER_PREFIX = "a", "d"
"""First letter of an entry's name: `a|<alert id>|<revision>` or `d|<offset>`."""

BATCH_MAX = 64
"""Messages sent concurrently: a dead letter may be as large as a record."""

READ_MAX = 100
"""Most records in one read of the log."""

RECORD_GONE = "the log no longer holds the record"


class OutboxStore(Protocol):
    """The part of a store that a relay needs."""

    async def outbox(self) -> Fields:
        """Return the entries that are not published yet."""
        ...

    async def remove_published(self, names: Iterable[str]) -> None:
        """Remove entries that the broker has confirmed."""
        ...


@dataclass(slots=True)
class OutboxRelay:
    """Publishes the outbox of one partition at least once, then removes the published entries.

    Readers drop repeated messages by their key.  *first_seen* has the time at which each pending
    entry was first seen, on *clock*.  *on_published* is called with the name of each confirmed
    entry.  *open_entries* are the pending entries that blinded people may know of: see ``is_open``.
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
        """Publish all pending entries, and remove those that every replica has.

        Raises the error of an entry that could not be published, such as Undelivered; of an open
        entry before that of a closed one.
        """
        entries = await self.store.outbox()
        now = self.clock()
        self.first_seen = {name: self.first_seen.get(name, now) for name in entries}
        self.open_entries = {name for name, entry in entries.items() if is_open(name, entry)}
        # Open and closed entries are sent separately, and an open failure is raised first: a
        # pending or failing closed entry must not show in open logs and probes.
        closed_failure = await self._send_all(entries.keys() - self.open_entries, entries)
        if failure := await self._send_all(self.open_entries, entries) or closed_failure:
            raise failure

    @property
    def waiting_seconds(self) -> float:
        """The seconds since the oldest pending entry was first seen."""
        return self.clock() - min(self.first_seen.values()) if self.first_seen else 0.0

    @property
    def open_waiting_seconds(self) -> float:
        """The same for open entries, which are neither alerts nor possible reviews."""
        waiting = [since for name, since in self.first_seen.items() if name in self.open_entries]
        return self.clock() - min(waiting) if waiting else 0.0

    @property
    def has_open_entries(self) -> bool:
        """Whether an open entry is pending."""
        return bool(self.open_entries & self.first_seen.keys())

    async def _send_all(self, names: Iterable[str], entries: Fields) -> BaseException | None:
        """Send the entries *names* batch by batch; return the first error, or None."""
        for batch in send_batches(names):
            if failure := await self._send_batch(batch, entries):
                return failure
        return None

    async def _send_batch(self, names: Sequence[str], entries: Fields) -> BaseException | None:
        """Send the entries *names* concurrently, remove the confirmed; return an error, or None."""
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
        """Return the records of the dead letters *names*; None for one that the log has lost."""
        records: dict[str, LogRecord | None] = dict.fromkeys(names)
        missing = {int(name.partition("|")[2]): name for name in names}
        while missing:
            first = min(missing)
            for record in await self._read_from(first):
                if name := missing.pop(record.offset, None):
                    records[name] = record
            missing.pop(first, None)  # An offset without a record never gets one.
        return records

    async def _read_from(self, start: int) -> Sequence[LogRecord]:
        try:
            return await self.log.read(start, READ_MAX)
        except RecordsGone:
            return []


def is_open(name: str, entry: bytes) -> bool:
    """Return whether blinded people may know that *entry* is pending.

    An alert reveals that it exists, and so does a refused review: a dead letter is open unless
    its reason concerns a signature, since then the record may be a review.
    """
    return (
        name.startswith(DEAD_LETTER_PREFIX)
        and orjson.loads(entry)["reason"] not in SIGNATURE_REASONS
    )


def send_batches(names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Split *names* into batches to send one after another.

    A batch has at most one revision of an alert, and earlier revisions are in earlier batches.
    """
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
    """Return the message of an alert revision.  All revisions of an alert go to one partition.

    That is the partition of its id by the spelling of its term, where an earlier version has
    published it, so that one deliverer knows all that was announced of it.
    """
    _, alert_id, revision = name.split("|")
    fields: Mapping[str, str] = orjson.loads(alert)
    study, watch, term = (fields.get(key, "") for key in ("study", "watch", "term"))
    return Message(
        topic=ALERTS,
        partition=partition_of(spelled_id(study, watch, term, alert_id), partitions),
        key=f"{alert_id}:{int(revision)}".encode(),
        value=alert,
    )


def dead_letter_message(
    partition: int, name: str, entry: bytes, record: LogRecord | None
) -> Message:
    """Return the dead letter of *record*, with its bytes, headers and the reason of the refusal.

    Without *record*, which the log has lost, the value is None.
    """
    offset = int(name.partition("|")[2])
    refusal: Mapping[str, str] = orjson.loads(entry)
    fields = {
        "exception": refusal["reason"],
        "message": refusal["detail"] if record is not None else RECORD_GONE,
        "topic": LOG,
        "partition": str(partition),
        "offset": str(offset),
    }
    # Header names of Kafka Streams (KIP-1034), so that its tools read these dead letters.
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
