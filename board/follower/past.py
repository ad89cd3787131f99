"""Studies as they were: as known by an earlier day, or at a decision of the board.

A look at the past folds the study's records again from the log, into a study of its own, from
the latest checkpoint on that has no later record.  The history says how far to read; the latest
few studies are cached.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from board.follower.case_recorder import CaseRecorder
from board.follower.checkpoints import Checkpoint, Checkpoints
from board.follower.recorder import EvidenceRecorder
from monitor.dates import FOREVER
from monitor.errors import Refusal
from monitor.records import day_of
from monitor.state.study import Study
from streams.log import Log, LogRecord, records_of
from streams.processor.pipeline import apply_record
from streams.records.decode import decode
from streams.records.signing import TRUST_ANYONE, Trust

CACHED_MAX = 4
"""Past studies in memory."""

CHUNK_RECORDS = 100
"""Records folded in one call of a thread."""


@dataclass(slots=True)
class PastStudy:
    """A study folded from the records up to offset *until*, known by *known_until* if set.

    *next* is the offset after the last record folded, and *known_day* the latest day on which one
    of them was known.  *is_prefix* is whether it has left out no record before *next*.  *lock* is
    held while a view reads it.
    """

    name: str
    until: int
    known_until: int | None = None
    study: Study | None = None
    recorder: EvidenceRecorder = field(default_factory=EvidenceRecorder)
    cases: CaseRecorder = field(default_factory=CaseRecorder)
    known_at: int | None = None
    next: int = 0
    is_prefix: bool = True
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def known_day(self) -> int:
        """The latest day on which a folded record was known."""
        return 0 if self.known_at is None else day_of(self.known_at)

    def fold_records(self, records: Sequence[LogRecord], trust: Trust) -> None:
        """Fold those of *records* that belong to the study and were known by then."""
        for log_record in records:
            record = decode(log_record.value)
            if isinstance(record, Refusal) or record.study != self.name:
                continue
            if self.known_until is not None and day_of(record.known_at) > self.known_until:
                self.is_prefix = False
                continue
            self.study, _ = apply_record(self.study, record, log_record.offset, trust=trust)
            self.next = log_record.offset + 1
            self.known_at = max(record.known_at, self.known_at or record.known_at)
            if self.study is not None:
                self.study.horizon = FOREVER if self.known_until is None else self.known_until
                self.recorder.record(self.study, record.body, log_record.offset)
                self.cases.note_record(self.study, record, log_record.offset)

    def extend(self) -> None:
        """Move the as-of date to the day of the look, where the records end before it."""
        study, day = self.study, self.known_until
        if day is not None and study is not None and study.latest_day is not None:
            study.latest_day = max(study.latest_day, day)

    def continue_from(self, checkpoint: Checkpoint) -> None:
        """Take the state of *checkpoint*, in place of folding the records before it."""
        self.study, self.recorder, self.cases, self.known_at = checkpoint.restore()
        self.study.horizon = FOREVER if self.known_until is None else self.known_until
        self.next = checkpoint.next


@dataclass(slots=True)
class PastStudies:
    """Folds past studies with logs that *open_log* opens, and caches the latest few."""

    open_log: Callable[[int], Log]
    trust: Trust = TRUST_ANYONE
    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    cached: OrderedDict[object, asyncio.Task[PastStudy]] = field(
        default_factory=OrderedDict[object, "asyncio.Task[PastStudy]"]
    )

    async def fold(
        self, partition: int, name: str, until: int, count: int, known_until: int | None = None
    ) -> PastStudy:
        """Return the study *name* folded up to offset *until*, from *count* records.

        The number tells whether a record has come that belongs to a look already cached.
        """
        key = (name, until, count, known_until)
        task = self.cached.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            past = PastStudy(name, until, known_until)
            task = self.cached[key] = asyncio.ensure_future(self._fold_past(partition, past))
        self.cached.move_to_end(key)
        while len(self.cached) > CACHED_MAX:
            self.cached.popitem(last=False)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End the folds that are running."""
        for task in self.cached.values():
            task.cancel()
        await asyncio.gather(*self.cached.values(), return_exceptions=True)

    async def _fold_past(self, partition: int, past: PastStudy) -> PastStudy:
        log, key, chunk = self.open_log(partition), past.name.encode(), list[LogRecord]()
        await asyncio.to_thread(self._restore_latest, past)
        try:
            async for record in records_of(log, past.next):
                if record.offset > past.until:
                    break
                if record.key == key:
                    chunk.append(record)
                if len(chunk) >= CHUNK_RECORDS:
                    await asyncio.to_thread(self._fold_chunk, past, chunk)
                    chunk = []
        finally:
            await log.close()
        await asyncio.to_thread(self._fold_chunk, past, chunk, last=True)
        past.extend()
        return past

    def _restore_latest(self, past: PastStudy) -> None:
        day = FOREVER if past.known_until is None else past.known_until
        checkpoint = self.checkpoints.latest(past.name, past.until, day)
        if checkpoint is not None:
            past.continue_from(checkpoint)

    def _fold_chunk(
        self, past: PastStudy, records: Sequence[LogRecord], *, last: bool = False
    ) -> None:
        """Fold *records*, and save a checkpoint after them if one is due, or at a decision."""
        past.fold_records(records, self.trust)
        is_due = (last and past.known_until is None) or self.checkpoints.is_due(
            past.name, past.known_day
        )
        if past.study is not None and past.is_prefix and is_due:
            state = (past.study, past.recorder, past.cases, past.known_at)
            self.checkpoints.save(past.name, past.next, past.known_day, state)
