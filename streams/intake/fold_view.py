"""Reads what the fold made of records: from the store's cursor and outbox, and the dead letters.

A record that the fold refuses, or whose version conflicts, has a dead letter: an entry of the
outbox from the apply that folds it until the broker confirms it on the topic.  A record that is
folded and has neither is accepted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Any, Protocol, cast

import orjson

from monitor.errors import REMEDIES, Reason
from streams.intake.answers import FoldOutcome, FoldRefusal
from streams.log import Log, LogUnreachable
from streams.outbox.quarantine import READ_MAX, RecordWithHeaders, dead_letter_from
from streams.processor.folding import CONFLICT
from streams.store.client import Client, run_command
from streams.store.keys import Keys

POLL_SECONDS, READ_SECONDS = 0.1, 5.0

CONFLICT_REMEDY = "Send the correction as the next version; the first content of this one counts."

FoldResult = tuple[FoldOutcome, FoldRefusal | None]
PENDING: FoldResult = (FoldOutcome.PENDING, None)
ACCEPTED: FoldResult = (FoldOutcome.ACCEPTED, None)

OFFSET_BITS = 48
"""An offset of a partition is far below 2^48, so partition and offset fit one integer."""


class FoldView(Protocol):
    """Answers what the fold has made of records of one study."""

    async def results(
        self, study: str, partition: int, offsets: Sequence[int]
    ) -> Mapping[int, FoldResult]:
        """Return the result by offset.  Raises StoreUnreachable or LogUnreachable."""
        ...


@dataclass(slots=True)
class DeadLetterIndex:
    """The reasons of all dead letters on the topic of *log*, read once and then followed."""

    log: Log
    next: int = 0
    refusals: dict[int, tuple[str, str]] = field(default_factory=dict[int, tuple[str, str]])
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def read_new(self) -> None:
        """Read the dead letters that were published since the last call."""
        async with self.lock:
            while records := await self.log.read(self.next, READ_MAX):
                for each in records:
                    self._add(cast(RecordWithHeaders, each))
                self.next = records[-1].offset + 1

    def refusal_at(self, partition: int, offset: int) -> tuple[str, str] | None:
        """Return reason and detail of the dead letter of the record at *offset*, or None."""
        return self.refusals.get(partition << OFFSET_BITS | offset)

    def _add(self, record: RecordWithHeaders) -> None:
        headers = {name: (text or b"").decode(errors="replace") for name, text in record.headers}
        letter = dead_letter_from(headers, None)
        if letter is not None:
            position = letter.partition << OFFSET_BITS | letter.offset
            # Few different sentences: they are shared.
            self.refusals.setdefault(position, (intern(letter.reason), intern(letter.detail)))


@dataclass(slots=True)
class StoreFoldView:
    """Reads results by *client*, with single reads of hashes only, and from *dead_letters*.

    *keys_of* returns the keys of a partition in the live space.
    """

    client: Client
    keys_of: Callable[[int], Keys]
    dead_letters: DeadLetterIndex

    async def results(
        self, study: str, partition: int, offsets: Sequence[int]
    ) -> Mapping[int, FoldResult]:
        """Return the result by offset.  Raises StoreUnreachable or LogUnreachable.

        The outbox is read before the topic: an entry leaves it only after the broker has it.
        """
        keys = self.keys_of(partition)
        folded = await self.folded_until(study, partition)
        ready = [each for each in offsets if each < folded]
        results = dict.fromkeys(offsets, PENDING)
        if not ready:
            return results
        names = [f"d|{each:020d}" for each in ready]
        entries: list[bytes | None] = await run_command(self.client.hmget(keys.outbox, names))
        await self.dead_letters.read_new()
        for offset, entry in zip(ready, entries, strict=True):
            if entry:
                fields = orjson.loads(entry)
                results[offset] = refused(fields["reason"], fields["detail"])
            elif found := self.dead_letters.refusal_at(partition, offset):
                results[offset] = refused(*found)
            else:
                results[offset] = ACCEPTED
        return results

    async def folded_until(self, study: str, partition: int) -> int:
        """Return the offset up to which *study* is folded; 0 while its row is being rebuilt.

        While it is, the cursor goes on and the row's own position stays behind.
        """
        keys = self.keys_of(partition)
        pipe: Any = self.client.pipeline(transaction=False)
        pipe.hmget(keys.cursor, ["next", f"pos|{study}"])
        pipe.hget(keys.row(study), "pos")
        (following, expected), position = await run_command(pipe.execute())
        if expected and int(position or -1) < int(expected):
            return 0
        return int(following or 0)


def refused(reason: str, detail: str) -> FoldResult:
    """Return the result of a record with a dead letter."""
    if reason == CONFLICT:
        remedy, outcome = CONFLICT_REMEDY, FoldOutcome.CONFLICT
    else:
        remedy, outcome = REMEDIES.get(cast(Reason, reason), ""), FoldOutcome.REFUSED
    return outcome, FoldRefusal(reason=reason, detail=detail, remedy=remedy)


async def wait_for_results(
    view: FoldView,
    study: str,
    partition: int,
    offsets: Sequence[int],
    seconds: float,
) -> Mapping[int, FoldResult]:
    """Return the results once none is pending, or those that are known after *seconds*.

    Raises what *view* raises, and LogUnreachable where it takes ``READ_SECONDS`` longer, as while
    a long topic of dead letters is read for the first time.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    try:
        async with asyncio.timeout_at(deadline + READ_SECONDS):
            while True:
                results = await view.results(study, partition, offsets)
                remaining = deadline - loop.time()
                pending = any(each[0] is FoldOutcome.PENDING for each in results.values())
                if remaining <= 0 or not pending:
                    return results
                await asyncio.sleep(min(POLL_SECONDS, remaining))
    except TimeoutError:
        raise LogUnreachable("the dead letters are not read yet") from None
