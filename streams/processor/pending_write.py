"""Gathers what was folded since the last write to the store, and writes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from streams.processor.cursor import Cursor
from streams.processor.stop import CursorMoved
from streams.store import PAIRS_MAX, ApplyRequest, ApplyResult, Fields, StagedRow, Store
from streams.store.rows.row import Row

HEADROOM_DIVISOR = 6
"""The last 1/6 of the pairs of an apply stays free: almost every record changes fewer fields."""

CURSOR_PAIRS = 7
"""Fields of the cursor without the positions of studies: see ``Cursor.to_fields``."""


SplitRows = tuple[dict[str, Fields], dict[str, Fields]]
"""By study, the changed fields of rows to set in place, and all fields of rows to stage."""


@dataclass(slots=True)
class PendingWrite:
    """Rows, outbox entries and stored positions for the next write to the store.

    *stored_positions* has, for each study with a record in the write, folded or skipped, the `pos`
    that its row has in the store: the write is refused where one differs.  *rows* are those that
    a record was folded into.  *row_pairs* is an upper limit of the pairs that each row needs, and
    *pairs_estimate* that of all but the outbox.
    """

    stored_positions: dict[str, bytes] = field(default_factory=dict[str, bytes])
    rows: dict[str, Row] = field(default_factory=dict[str, Row])
    outbox: Fields = field(default_factory=Fields)
    row_pairs: dict[str, int] = field(default_factory=dict[str, int])
    pairs_estimate: int = CURSOR_PAIRS

    @property
    def pairs(self) -> int:
        """The most pairs that the write needs, unless every field of a row has changed."""
        return self.pairs_estimate + len(self.outbox)

    def add_study(self, study: str, stored_position: bytes) -> None:
        """Add *study*; *stored_position* is the `pos` of its row in the store, b"" without one."""
        if study not in self.stored_positions:
            self.stored_positions[study] = stored_position
            self.pairs_estimate += 1

    def add_row(self, study: str, row: Row) -> None:
        """Add *row*, into which a record of *study* was folded."""
        self.rows[study] = row
        pairs = row.changed_fields_max
        self.pairs_estimate += pairs - self.row_pairs.get(study, 0)
        self.row_pairs[study] = pairs

    def split_rows(self, pairs_max: int) -> SplitRows:
        """Return the changed fields of rows to set in place, and all fields of rows to stage.

        A row is staged, which means written whole under a second key and swapped in, where it
        replaces an invalid row or has more changed fields than one command can set.  The largest
        rows are staged until the others fit into *pairs_max*: an amended plan changes every field.
        The outbox does not count: to stage rows for its sake would write more, not less.
        """
        rows = {study: row.take_changes() for study, row in self.rows.items()}
        pairs_left = (
            pairs_max - CURSOR_PAIRS - len(self.stored_positions) - sum(map(len, rows.values()))
        )
        staged: dict[str, Fields] = {}
        for study in sorted(rows, key=lambda study: -len(rows[study])):
            if pairs_left < 0 or len(rows[study]) > PAIRS_MAX or self.rows[study].replaces_stored:
                pairs_left += len(rows.pop(study))
                staged[study] = self.rows[study].all_fields()
        return rows, staged

    def mark_written(self) -> None:
        """Record in each row that the store has it as it is now."""
        for row in self.rows.values():
            row.stored_position, row.replaces_stored = b"%d" % row.last_offset, False

    @property
    def changed_most(self) -> int:
        """The most fields of one row that have changed."""
        return max(self.row_pairs.values(), default=0)

    @property
    def largest_rewritten(self) -> int:
        """The largest number of entities of a row of which every field may have changed."""
        rewritten = (row for row in self.rows.values() if row.dirty.everything)
        return max((len(row.study.entities.by_id) for row in rewritten), default=0)

    async def write(
        self,
        store: Store,
        cursor: Cursor,
        split: SplitRows,
        *,
        first: int,
        pairs_max: int,
        stopped: str = "",
    ) -> int:
        """Write everything and *cursor* to *store*, and return the number of pairs written.

        One call of ``Store.apply`` changes all of it or nothing; rows to be staged are written
        before it.  *split* is the result of ``split_rows``.  *first* is the cursor's `next` that
        the store must still have, and *stopped* why the partition is stopped, or "".  Raises
        CursorMoved where the store's cursor or a row differs from what the write expects.
        """
        rows, staged = split
        for study, fields in staged.items():
            await _stage_row(store, study, fields, min(pairs_max, PAIRS_MAX))
        request = ApplyRequest(
            first=first,
            next=cursor.next,
            fold_version=cursor.fold_version,
            positions=self.stored_positions,
            rows=rows,
            outbox=self.outbox,
            cursor=cursor.to_fields(self.stored_positions, stopped),
            staged={
                study: StagedRow(fields["pos"], len(fields)) for study, fields in staged.items()
            },
        )
        _require_done(await store.apply(request))
        self.mark_written()
        return request.pair_count + sum(map(len, staged.values()))


def split_fields(fields: Fields, count_max: int) -> Iterator[Fields]:
    """Split *fields* into parts of at most *count_max* fields, `pos` in the first."""
    ordered = sorted(fields.items(), key=lambda field: field[0] != "pos")
    for start in range(0, len(ordered), count_max):
        yield dict(ordered[start : start + count_max])


async def _stage_row(store: Store, study: str, fields: Fields, pairs_max: int) -> None:
    begin = True
    for some_fields in split_fields(fields, pairs_max):
        _require_done(await store.stage_row(study, fields["pos"], some_fields, begin=begin))
        begin = False


def _require_done(result: ApplyResult) -> None:
    if result is not ApplyResult.DONE:
        raise CursorMoved(f"The store refused an apply as {result.value}.")
