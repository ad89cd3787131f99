"""Tells Kafka what the fold has to say: alerts, and records that were set aside."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import orjson

from monitor.errors import OF_A_SIGNATURE
from streams.kafka.partitioner import partition_of
from streams.kafka.sender import Message, Sender
from streams.kafka.topics import ALERTS, DEAD_LETTERS, LOG
from streams.log import Log, LogRecord, RecordsGone
from streams.store import Fields

ALERT, LETTER = "a", "d"
"""How the name of an entry begins: `a|<alert id>|<revision>` or `d|<offset>`."""

WAVE_MAX = 64
"""Messages under way at once: a letter may be as large as a record."""

READ_MAX = 100

GONE = "the log no longer holds the record"


class Entries(Protocol):
    """The part of a store that a relay needs."""

    async def outbox(self) -> Fields:
        """What is yet to be told."""
        ...

    async def told(self, names: Iterable[str]) -> None:
        """Take entries out: the broker has them."""
        ...


@dataclass(slots=True)
class Relay:
    """Relays the outbox of one partition, at least once; readers drop what they have by its key.

    *since* holds when each entry that waits was first seen; *announced* is told the name of each
    that the broker has.  *open* are those that wait and say nothing of the arms.
    """

    log: Log
    store: Entries
    sender: Sender
    alert_partitions: int
    clock: Callable[[], float] = time.monotonic
    since: dict[str, float] = field(default_factory=dict[str, float])
    announced: Callable[[str], object] = str
    open: set[str] = field(default_factory=set[str])

    async def pass_on(self) -> None:
        """Send what waits, and take out what every copy of the broker has."""
        entries = await self.store.outbox()
        now = self.clock()
        self.since = {name: self.since.get(name, now) for name in entries}
        self.open = {name for name, entry in entries.items() if is_open(name, entry)}
        # Each by itself, and what is open is complained of first: neither that something closed
        # waits nor that it cannot be told may show in what anybody sees.
        closed = await self._send_all(entries.keys() - self.open, entries)
        if failure := await self._send_all(self.open, entries) or closed:
            raise failure

    @property
    def waiting_seconds(self) -> float:
        """For how long the oldest entry has been waiting."""
        return self.clock() - min(self.since.values()) if self.since else 0.0

    @property
    def openly_waiting_seconds(self) -> float:
        """The same of what anybody may know to be waiting: no alert, and no review."""
        waiting = [since for name, since in self.since.items() if name in self.open]
        return self.clock() - min(waiting) if waiting else 0.0

    @property
    def waits_openly(self) -> bool:
        """Whether something waits that anybody may know of."""
        return bool(self.open & self.since.keys())

    async def _send_all(self, names: Iterable[str], entries: Fields) -> BaseException | None:
        """Send *names* wave by wave, up to one that fails: why it did, or None."""
        for wave in waves(names):
            if failure := await self._send(wave, entries):
                return failure
        return None

    async def _send(self, names: Sequence[str], entries: Fields) -> BaseException | None:
        """Send *names* at once, and cross off those that arrived: why one did not, or None."""
        letters = await self._read_back([name for name in names if name.startswith(LETTER)])
        messages = [
            dead_letter(self.log.partition, name, entries[name], letters[name])
            if name in letters
            else announcement(name, entries[name], self.alert_partitions)
            for name in names
        ]
        sent = await asyncio.gather(*map(self.sender.send, messages), return_exceptions=True)
        told = [name for name, each in zip(names, sent, strict=True) if isinstance(each, int)]
        for name in told:
            self.announced(name)
        await self.store.told(told)
        for name in told:
            del self.since[name]
        return next((each for each in sent if isinstance(each, BaseException)), None)

    async def _read_back(self, names: Sequence[str]) -> dict[str, LogRecord | None]:
        """The records that the entries *names* set aside; None for one that is gone."""
        found: dict[str, LogRecord | None] = dict.fromkeys(names)
        wanted = {int(name.partition("|")[2]): name for name in names}
        while wanted:
            first = min(wanted)
            for record in await self._read(first):
                if name := wanted.pop(record.offset, None):
                    found[name] = record
            wanted.pop(first, None)  # If it is not there, it never will be.
        return found

    async def _read(self, start: int) -> Sequence[LogRecord]:
        try:
            return await self.log.read(start, READ_MAX)
        except RecordsGone:
            return []


def is_open(name: str, entry: bytes) -> bool:
    """Whether anybody may know that the *entry* waits: a letter, but for one that may be a review.

    That an alert waits tells that it exists, and so does a review that nobody signed rightly.
    """
    return name.startswith(LETTER) and orjson.loads(entry)["reason"] not in OF_A_SIGNATURE


def waves(names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """*names* in groups to be sent one after another: a revision never before an earlier one."""
    turns: dict[int, list[str]] = {}
    count: dict[str, int] = {}
    for name in sorted(names):
        about = name.rpartition("|")[0] if name.startswith(ALERT) else name
        turn = count[about] = count.get(about, -1) + 1
        turns.setdefault(turn, []).append(name)
    for turn in sorted(turns):
        ready = turns[turn]
        for start in range(0, len(ready), WAVE_MAX):
            yield tuple(ready[start : start + WAVE_MAX])


def announcement(name: str, alert: bytes, partitions: int) -> Message:
    """The message that tells of an alert.  All revisions of one alert go to one partition."""
    _, alert_id, revision = name.split("|")
    return Message(
        topic=ALERTS,
        partition=partition_of(alert_id, partitions),
        key=f"{alert_id}:{int(revision)}".encode(),
        value=alert,
    )


def dead_letter(partition: int, name: str, entry: bytes, record: LogRecord | None) -> Message:
    """The message that keeps a record that was set aside, as it was, with the reason."""
    offset = int(name.partition("|")[2])
    why: Mapping[str, str] = orjson.loads(entry)
    told = {
        "exception": why["reason"],
        "message": why["detail"] if record is not None else GONE,
        "topic": LOG,
        "partition": str(partition),
        "offset": str(offset),
    }
    # The names that Kafka Streams gives them (KIP-1034), so its tools read ours.
    reasons = tuple((f"__streams.errors.{name}", text.encode()) for name, text in told.items())
    return Message(
        topic=DEAD_LETTERS,
        partition=0,
        key=f"{LOG}:{partition}:{offset}".encode(),
        value=None if record is None else record.value,
        headers=(*getattr(record, "headers", ()), *reasons),
    )
