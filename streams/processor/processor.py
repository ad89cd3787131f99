"""A lane: the one thing that folds records of the log into a store."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from streams.log import Log, LogRecord, LogUnreachable, RecordsGone
from streams.processor.counts import Taken
from streams.processor.cursor import CODE, Cursor
from streams.processor.folding import Fold
from streams.processor.limits import Limits
from streams.processor.log_check import objection
from streams.processor.pipeline import take_in
from streams.processor.row_cache import Shelf
from streams.processor.row_rebuild import Rebuilding
from streams.processor.runs import fold_together, stretches, take_alone
from streams.processor.stop import Behind, Halt, Hole, Moved, Raised, Stopped
from streams.processor.working_set import Work
from streams.records.decode import AHEAD
from streams.store import Store, StoreUnreachable, WrongStore

NOT_THE_RECORDS = (
    *(Hole, Behind, Moved),
    *(StoreUnreachable, WrongStore, LogUnreachable, RecordsGone),
)
"""What is raised whatever the record says: to fold it again by itself would not help."""


class Lane:
    """One partition of a *log*, folded into a *store*.

    Claim, then take what comes.  After any error but Hole nothing in memory can be relied on:
    claim again, and go on from the position that it returns.  *stopped* says why the partition
    stands still, if it does; a claim finds out whether it still must.  *work* is what it has in
    memory since its claim: to be looked at by others, never to be changed by them.
    """

    def __init__(
        self,
        log: Log,
        store: Store,
        *,
        partition: int,
        limits: Limits | None = None,
        fold: Fold = take_in,
        code: str = CODE,
        partitions: int | None = None,
    ) -> None:
        self.log, self.store, self.partition, self.partitions = log, store, partition, partitions
        self.limits, self.fold, self.code = limits or Limits(), fold, code
        self.stopped: Stopped | None = None
        self.work: Work | None = None
        self._aside: Rebuilding | None = None
        self._taken = Taken()
        self._raised: set[int] = set()
        self._turn = asyncio.Lock()

    @property
    def position(self) -> int:
        """The offset of the next record to take."""
        return 0 if self.work is None else self.work.position

    @property
    def rebuilding(self) -> bool:
        """Whether there are rows that ``rebuild`` must bring up to the others."""
        return self.work is not None and bool(self.work.shelf.broken)

    async def claim(self) -> int:
        """Begin at the store's cursor, whatever was in memory; the position to read from.

        Sets ``stopped`` where the log is not the one that was folded before.
        """
        async with self._turn:
            await self._claim()
            return self.position

    async def take(self, records: Sequence[LogRecord]) -> Taken:
        """Fold *records*, in order of their offsets, into the store; what became of them.

        Those below the position are passed over.  Raises Hole where one is missing, once those
        before are in the store; Moved, StoreUnreachable or WrongStore where it must be claimed
        again.
        """
        async with self._turn:
            while self.stopped is None:
                try:
                    await self._take(records)
                    break
                except Raised as raised:
                    await self._doubt(raised)
                except Behind:
                    assert self.work is not None
                    await self._rebuild(self.work)
                except Hole:
                    raise
                except BaseException:
                    self.work = None
                    raise
            taken, self._taken = self._taken, Taken()
            return taken

    async def glance(self) -> bool:
        """Whether the cursor is not where it was left, or records were released: claim again.

        Where it is ours, and rows are being rebuilt, that is taken a step further.
        """
        async with self._turn:
            if self.work is None:
                return True
            mine, seen = self.work.cursor, Cursor.of(await self.store.cursor())
            if (seen.next, seen.released) != (mine.next, mine.released):
                return True
            if seen.code not in ("", self.code):
                return True
            await self._rebuild(self.work)
            return False

    async def rebuild(self) -> bool:
        """Take the rebuilding of rows a step further; whether there is more to do."""
        async with self._turn:
            if self.work is not None:
                await self._rebuild(self.work)
            return self.rebuilding and self.stopped is None

    async def audit(self) -> None:
        """Compare the `pos` of every row with the cursor: those that lag will be rebuilt."""
        async with self._turn:
            if self.work is not None:
                await self.work.shelf.audit(self.work.cursor, self.store, self.log)

    def pass_hole(self, offset: int) -> None:
        """Only transaction markers lie before *offset*: a second reading found nothing else."""
        if self.work is not None:
            self.work.marked = offset

    async def _claim(self) -> None:
        self.work = self._aside = None
        await self.store.check()
        identity = await self.log.identity()
        cursor = Cursor.of(await self.store.cursor())
        self.stopped = await objection(self.log, identity, cursor, self.code, self.partitions)
        cursor.code = cursor.code or self.code
        work = Work(
            store=self.store,
            partition=self.partition,
            identity=identity,
            cursor=cursor,
            shelf=Shelf(self.limits.bytes),
            fold=self.fold,
            limits=self.limits,
            position=cursor.next,
        )
        if self.stopped is None:
            await work.shelf.audit(cursor, self.store, self.log)
        self.work = work

    async def _take(self, records: Sequence[LogRecord]) -> None:
        """Fold *records*, one by one as far as one has raised before, else as they fit."""
        work = self.work
        assert work is not None, "a lane is claimed before it takes anything"
        careful = max(self._raised, default=-1)
        first = at = work.position
        try:
            for part in stretches(work, records, AHEAD if careful < first else 1):
                record, read = part[0]
                at = record.offset
                if at < work.position:
                    continue
                if at > work.position and not work.cross(at):
                    await self._apply(work)
                    raise Hole(work.position, at)
                if len(part) > 1:
                    fold_together(work, part)
                elif stopped := await take_alone(work, record, read, self.log):
                    await self._apply(work)
                    await self._halt(work, stopped)
                    return
                if at <= careful or work.full:
                    await self._apply(work)
            await self._apply(work)
            self._raised -= {each for each in self._raised if first <= each < work.position}
        except Behind:
            await self._apply(work)
            raise
        except (Raised, *NOT_THE_RECORDS):
            raise
        except Exception as error:
            raise Raised(at, error) from error

    async def _apply(self, work: Work) -> None:
        """Put into the store what was taken, unreadable records included."""
        work.settle()
        self._taken.add(await work.apply())

    async def _doubt(self, raised: Raised) -> None:
        """Forget everything; a record that raises for the second time stops the partition."""
        await self._claim()
        again = raised.offset in self._raised
        self._raised.add(raised.offset)
        if again and self.stopped is None and self.work is not None:
            self._raised.clear()
            detail = f"Folding record {raised.offset} has raised {raised} twice."
            await self._halt(self.work, Stopped(raised.offset, Halt.RAISED, detail))

    async def _halt(self, work: Work, stopped: Stopped) -> None:
        self.stopped = stopped
        await work.halt(stopped)

    async def _rebuild(self, work: Work) -> None:
        """Take the rebuilding of rows a step further."""
        if self.stopped is not None or not work.shelf.broken:
            return
        if self._aside is None:
            self._aside = Rebuilding.of(work)
        try:
            if await self._aside.advance(work, self.log):
                self._aside = None
        except RecordsGone:
            detail = "A row must be rebuilt, and the first records of the log are gone."
            await self._halt(work, Stopped(work.cursor.next, Halt.LOST_INPUT, detail))
        except Raised as raised:
            await self._doubt(raised)
        except LogUnreachable:
            raise
        except BaseException:
            self.work = None
            raise
