"""Folds one partition of the log in memory, held to the cursor of the store, and writes nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from board.follower.history import StudyHistory
from board.follower.liveness import Liveness
from board.follower.read_ahead import ReadAhead
from board.follower.store_check import StoreCheck
from monitor.records import Record
from monitor.state.study import Study
from streams.log import BatchUnreadable, Log
from streams.processor.cursor import FOLD_VERSION, Cursor
from streams.processor.limits import Limits
from streams.processor.pipeline import RecordResult, apply_record
from streams.processor.processor import PartitionProcessor
from streams.processor.refold import skip_confirmed_gap
from streams.processor.stop import OffsetGap
from streams.records.signing import TRUST_ANYONE, Trust
from streams.store import Fields, Store
from streams.store.cursor_fields import operator_fields
from streams.store.hashes import row_name
from streams.store.memory import CURSOR, MemoryStore
from streams.store.rows.row import Row

LIMITS = Limits(memory_bytes=1 << 40, loop_seconds=0.05)
"""No row is evicted: the follower keeps every study in memory.  Few steps need a thread."""

END_SECONDS = 1.0
"""Time between two looks at the end of the log."""

DIGEST_SECONDS = 1.0
"""Time between two comparisons of all digests, once each study has been compared."""

MOVED_BACK_SECONDS = 10.0
"""How long it is stated that the cursor has moved back."""


@dataclass(slots=True)
class PartitionFollower:
    """Follows one partition: call ``follow`` several times a second.

    *stored* is the store, which is only read; *log* must be used by nothing else.  *turn* is held
    while records are folded: partitions that fold at once would each take as long as all.
    *on_change* is called with the names of changed studies, while the processor's lock is held.
    *versions* counts the changes of each study and never decreases.
    """

    log: Log
    stored: Store
    partition: int
    partition_count: int | None = None
    trust: Trust = TRUST_ANYONE
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    on_change: Callable[[PartitionFollower, list[str]], None] = lambda partition, studies: None
    processor: PartitionProcessor = field(init=False)
    memory: MemoryStore = field(init=False)
    check: StoreCheck = field(init=False)
    histories: dict[str, StudyHistory] = field(init=False)
    ahead: ReadAhead = field(init=False)
    versions: dict[str, int] = field(default_factory=dict[str, int])
    seen: dict[str, int] = field(default_factory=dict[str, int])
    operator_part: Fields = field(default_factory=Fields)
    cursor: Cursor = field(default_factory=Cursor)
    stored_stop: str = ""
    end: int = 0
    end_at: float = 0
    liveness: Liveness = field(default_factory=Liveness)
    digests_at: float = 0
    moved_back: str | None = None
    moved_back_at: float = 0

    def __post_init__(self) -> None:
        self.check = StoreCheck(self.stored)
        self.begin()

    def begin(self) -> None:
        """Forget everything folded, to begin with the first record."""
        self.memory = MemoryStore({CURSOR: dict(self.operator_part)})
        self.histories, self.ahead = {}, ReadAhead(self.log)
        self.seen.clear()
        self.check.forget()
        self.processor = PartitionProcessor(
            self.log,
            self.memory,
            partition=self.partition,
            limits=LIMITS,
            fold=self._fold,
            partition_count=self.partition_count,
        )

    @property
    def rows(self) -> dict[str, Row]:
        """The rows in memory by study; read them with the processor's lock held."""
        working_set = self.processor.working_set
        return {} if working_set is None else working_set.row_cache.rows

    @property
    def stopped(self) -> str | None:
        """Why the follower cannot continue, or None."""
        if self.cursor.fold_version not in ("", FOLD_VERSION):
            return "The rows were written by another version of the fold."
        if self.processor.stopped is not None:
            return f"{self.processor.stopped}"
        if self.cursor.next > self.end:
            return f"The log ends at offset {self.end}, before the store's cursor."
        return None

    async def follow(self) -> None:
        """Read the cursor, fold the records before it, and compare the rows.

        Raises what log and store raise where they do not answer.
        """
        fields = await self.stored.cursor()
        self.liveness.store_at = time.monotonic()
        looked = await self._look_at_end()
        self._note_cursor(fields)
        if self.cursor.next < self.processor.position:
            self._note_moved_back()
            self.begin()
        part = operator_fields(fields)
        if part != self.operator_part or self.processor.working_set is None:
            self.operator_part = part
            self.memory.set(CURSOR, part)
            await self.processor.claim()
        folded = await self._fold_until(self.cursor.next)
        if looked:
            await self._note_waiting()
        await self._compare(due=folded and not self.histories.keys() <= self.check.agrees.keys())

    async def load_row(self, study: str) -> Row | None:
        """Return the row of *study*, None where there is none; hold the processor's lock."""
        working_set = self.processor.working_set
        if working_set is None or study not in self.histories:
            return None
        if study not in working_set.row_cache.rows:  # After a claim rows are read from memory.
            await working_set.row_cache.load(study, working_set.cursor, self.memory, self.log)
        return working_set.row_cache.rows.get(study)

    def _note_cursor(self, fields: Fields) -> None:
        cursor = Cursor.from_fields(fields)
        if cursor.next != self.cursor.next or cursor.next >= self.end:
            self.liveness.moved_at = time.monotonic()
        if self.end < cursor.next != self.cursor.next:
            self.end = cursor.next  # Newer than the last look at the end.
        self.cursor, self.stored_stop = cursor, fields.get("stopped", b"").decode()

    def _note_moved_back(self) -> None:
        before, after = self.processor.position, self.cursor.next
        self.moved_back_at = time.monotonic()
        self.moved_back = (
            f"Partition {self.partition}: the store's cursor has moved back from {before} to"
            f" {after}; its records are folded again."
        )

    async def _look_at_end(self) -> bool:
        """Read the end of the log if that is due; return whether it was."""
        if time.monotonic() - self.end_at <= END_SECONDS:
            return False
        self.end = (await self.log.offset_range()).next
        self.end_at = self.liveness.log_at = time.monotonic()
        return True

    async def _note_waiting(self) -> None:
        """Note which records wait for the worker, without reviews."""
        until = self.cursor.next
        waiting = await self.ahead.read_waiting(until, self.end) if until < self.end else []
        self.liveness.note_waiting(waiting)

    async def _fold_until(self, until: int) -> bool:
        """Fold the records before *until*; return whether there were any."""
        began = self.processor.position
        while self.stopped is None and self.processor.position < until:
            try:
                read = await self.ahead.next_records(self.processor.position)
            except BatchUnreadable as error:
                await self.processor.stop_before(error)
                break
            records = [each for each in read if each.offset < until]
            if not records:
                self.end = (await self.log.offset_range()).next
                if until > self.end:
                    break  # See ``stopped``.
                self.processor.skip_gap(until)  # Only transaction markers are left.
                break
            try:
                async with self.turn:
                    await self.processor.fold_batch(records)
            except OffsetGap as gap:
                await skip_confirmed_gap(self.processor, self.log, gap)
            self.liveness.log_at = time.monotonic()
            await self._announce()
        return self.processor.position > began

    async def _announce(self) -> None:
        """Call *on_change* with the studies whose rows have changed."""
        async with self.processor.lock:
            changed = [
                name for name, row in self.rows.items() if row.last_offset != self.seen.get(name)
            ]
            self._note_changes(changed)

    async def _compare(self, *, due: bool) -> None:
        now = time.monotonic()
        before = self.check.agrees.copy(), self.check.damaged.copy()
        if due or now - self.digests_at > DIGEST_SECONDS:
            self.digests_at = now
            if self.processor.position == self.cursor.next:
                hashes = self.memory.hashes
                rows = {name: hashes.get(row_name(name), {}) for name in self.histories}
                await self.check.compare_digests(rows, self.cursor.positions)
        await self.check.read_next(self.histories)
        if before != (self.check.agrees, self.check.damaged):
            async with self.processor.lock:
                self.on_change(self, [])

    def _note_changes(self, studies: list[str]) -> None:
        for name in studies:
            self.seen[name] = self.rows[name].last_offset
            self.versions[name] = self.versions.get(name, 0) + 1
        if studies:
            self.on_change(self, studies)

    def _fold(
        self, study: Study | None, record: Record, position: int
    ) -> tuple[Study | None, RecordResult]:
        opened, result = apply_record(study, record, position, trust=self.trust)
        if opened is not None:
            history = self.histories.get(record.study)
            if history is None:
                history = self.histories[record.study] = StudyHistory()
            history.note(opened, record, position, result)
        return opened, result
