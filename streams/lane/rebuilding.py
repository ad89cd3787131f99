"""Rebuilds rows aside, from the first record of the log on, while their partition goes on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from monitor.errors import Refusal
from streams.decode import decode
from streams.lane.folding import Fold, fold_into, notices, open_row
from streams.lane.halt import Raised
from streams.log import LogRecord
from streams.store import Fields
from streams.store.row import Row


@dataclass(slots=True)
class Rebuilding:
    """The rows being rebuilt, folded up to *at*, with all that was ever to be told of them.

    What was told before is told again under the same names: the receiver knows it by them.
    """

    studies: frozenset[str]
    at: int = 0
    rows: dict[str, Row] = field(default_factory=dict[str, Row])
    outbox: dict[str, Fields] = field(default_factory=dict[str, Fields])

    @classmethod
    def of(cls, studies: Iterable[str]) -> Rebuilding:
        """A rebuilding of *studies* that has yet to begin."""
        return cls(frozenset(studies))

    def take(self, records: Sequence[LogRecord], until: int, fold: Fold) -> None:
        """Fold those of *records* before *until* that are of the studies."""
        keys = {study.encode() for study in self.studies}
        for record in records:
            if record.offset >= until:
                self.at = until
                return
            if record.key in keys:
                self._fold(record, fold)
            self.at = record.offset + 1

    def _fold(self, record: LogRecord, fold: Fold) -> None:
        found = decode(record.value)
        if isinstance(found, Refusal) or found.study.encode() != record.key:
            return
        study, offset = found.study, record.offset
        try:
            row = self.rows.get(study)
            if row is not None:
                told = fold_into(row, found, offset, fold)
            else:
                row, told = open_row(found, offset, fold)
        except Exception as error:
            raise Raised(offset, error) from error
        if row is not None:
            self.rows[study] = row
            self.outbox.setdefault(study, {}).update(notices(told, offset))
