"""What the records since the last apply make of a partition, gathered for the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from streams.processor.cursor import Cursor
from streams.processor.stop import CursorMoved
from streams.store import PAIRS_MAX, ApplyRequest, ApplyResult, Fields, StagedRow, Store
from streams.store.rows.row import Row

HEADROOM_DIVISOR = 6
"""One part in so many stays free: nearly every record changes less, so the next one fits."""

CURSOR_PAIRS = 7


@dataclass(slots=True)
class PendingWrite:
    """The studies *seen* with the `pos` that their rows have in the store, and the rows folded.

    *pairs* is how many the apply will have at most, unless a row has changed altogether.
    """

    stored_positions: dict[str, bytes] = field(default_factory=dict[str, bytes])
    rows: dict[str, Row] = field(default_factory=dict[str, Row])
    outbox: Fields = field(default_factory=Fields)
    row_pairs: dict[str, int] = field(default_factory=dict[str, int])
    pairs_estimate: int = CURSOR_PAIRS

    @property
    def pairs(self) -> int:
        """How many pairs the apply will have at most, unless a row has changed altogether."""
        return self.pairs_estimate + len(self.outbox)

    def add_study(self, study: str, stored_position: bytes) -> None:
        """Note that a record of *study* is in the batch."""
        if study not in self.stored_positions:
            self.stored_positions[study] = stored_position
            self.pairs_estimate += 1

    def add_row(self, study: str, row: Row) -> None:
        """Note that a record was folded into *row*."""
        self.rows[study] = row
        pairs = row.changed_fields_max
        self.pairs_estimate += pairs - self.row_pairs.get(study, 0)
        self.row_pairs[study] = pairs

    def split_rows(self, pairs_max: int) -> tuple[dict[str, Fields], dict[str, Fields]]:
        """The fields of the rows: those to be set, and whole rows to be prepared aside.

        A row goes aside that one command could not set, and the largest do until the others fit:
        after an amended plan all fields are new.
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
        """Note that the rows are in the store as they are now."""
        for row in self.rows.values():
            row.stored_position, row.replaces_stored = b"%d" % row.last_offset, False


def split_fields(fields: Fields, count_max: int) -> Iterator[Fields]:
    """Parts of *fields* of at most *most*; the first holds `pos`."""
    ordered = sorted(fields.items(), key=lambda field: field[0] != "pos")
    for start in range(0, len(ordered), count_max):
        yield dict(ordered[start : start + count_max])


async def write_pending(
    store: Store,
    pending: PendingWrite,
    cursor: Cursor,
    *,
    first: int,
    pairs_max: int,
    stopped: str = "",
) -> int:
    """Write *batch*, whose first record is *first*, and the *cursor*; how many pairs that were.

    Raises Moved where the store is not as the batch expects.
    """
    rows, staged = pending.split_rows(pairs_max)
    for study, fields in staged.items():
        await _stage_row(store, study, fields, min(pairs_max, PAIRS_MAX))
    request = ApplyRequest(
        first=first,
        next=cursor.next,
        fold_version=cursor.fold_version,
        positions=pending.stored_positions,
        rows=rows,
        outbox=pending.outbox,
        cursor=cursor.to_fields(pending.stored_positions, stopped),
        staged={study: StagedRow(fields["pos"], len(fields)) for study, fields in staged.items()},
    )
    _require_done(await store.apply(request))
    pending.mark_written()
    return request.pair_count + sum(map(len, staged.values()))


async def _stage_row(store: Store, study: str, fields: Fields, pairs_max: int) -> None:
    begin = True
    for some_fields in split_fields(fields, pairs_max):
        _require_done(await store.stage_row(study, fields["pos"], some_fields, begin=begin))
        begin = False


def _require_done(result: ApplyResult) -> None:
    if result is not ApplyResult.DONE:
        raise CursorMoved(f"The store refused an apply as {result.value}.")
