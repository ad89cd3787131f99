"""Store in process memory, for `tocsin verify`, tests and simulations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from streams.store import ApplyRequest, ApplyResult, Fields, RowHead
from streams.store.cursor_fields import (
    is_operator_field,
    released_fields,
    rewound_fields,
    studies_with_rows,
)
from streams.store.hashes import CURSOR, OUTBOX, Hashes, row_name, staged_row_name

__all__ = ["CURSOR", "OUTBOX", "MemoryStore"]


@dataclass(slots=True)
class MemoryStore(Hashes):
    """Store of one partition in one space, in memory."""

    async def check(self) -> None:
        """Do nothing: a store in memory can always be written to."""

    async def cursor(self) -> Fields:
        """Return the cursor's fields; empty if there is none."""
        return self.get(CURSOR)

    async def row(self, study: str) -> Fields:
        """Return the study's row; empty if there is none."""
        return self.get(row_name(study))

    async def field(self, study: str, name: str) -> bytes:
        """Return one field of the study's row; empty if it has none."""
        return self.get(row_name(study)).get(name, b"")

    async def find_fields(self, study: str, prefix: str) -> Fields:
        """Return the fields of the study's row whose names begin with *prefix*."""
        fields = self.get(row_name(study))
        return {name: each for name, each in fields.items() if each and name.startswith(prefix)}

    async def studies(self) -> list[str]:
        """Return the names of the studies that have a row according to the cursor."""
        return studies_with_rows(self.get(CURSOR))

    async def heads(self, studies: Iterable[str]) -> dict[str, RowHead]:
        """Return `pos` and `digest` of each study's row, of one moment; empty without a row."""
        rows = {study: self.get(row_name(study)) for study in studies}
        return {
            study: RowHead(fields.get("pos", b""), fields.get("digest", b""))
            for study, fields in rows.items()
        }

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        """Apply the whole *request*, or nothing."""
        refusal = self._check_request(request)
        if refusal is not None:
            return refusal
        self.set(OUTBOX, request.outbox)
        for study in request.staged:
            self.move(staged_row_name(study), row_name(study))
        for study, fields in request.rows.items():
            self.set(row_name(study), fields)
        self.set(CURSOR, request.cursor)
        return ApplyResult.DONE

    async def stage_row(
        self, study: str, position: bytes, fields: Fields, *, begin: bool
    ) -> ApplyResult:
        """Write a part of the staged row at *position*; with *begin*, delete it first."""
        if begin:
            self.drop(staged_row_name(study))
        elif self.position_of(staged_row_name(study)) != position:
            return ApplyResult.STALE
        self.set(staged_row_name(study), fields)
        return ApplyResult.DONE

    async def outbox(self) -> Fields:
        """Return the outbox: alerts and dead letters that are not published yet."""
        return self.get(OUTBOX)

    async def remove_published(self, names: Iterable[str]) -> None:
        """Remove entries from the outbox after the broker confirmed them."""
        for name in names:
            self.hashes.get(OUTBOX, {}).pop(name, None)

    async def release(self, through: int, *, batch_from: int | None = None) -> None:
        """Allow any number of unreadable records in a row up to offset *through*, inclusive.

        With *batch_from*, leave out instead the unreadable batch from there to *through*.
        """
        self.set(CURSOR, released_fields(through, batch_from))

    async def rewind(self, study: str | None) -> None:
        """Reset the cursor first, then delete the row of *study*, or all rows."""
        if study is not None:
            self.set(CURSOR, rewound_fields(study))
            self.drop(row_name(study))
            self.drop(staged_row_name(study))
            return
        cursor = self.get(CURSOR)
        self.drop_fields(CURSOR, {name for name in cursor if not is_operator_field(name)})
        for name in [name for name in self.hashes if name.startswith(row_name(""))]:
            self.drop(name)

    async def close(self) -> None:
        """Do nothing: there is no connection."""

    def _check_request(self, request: ApplyRequest) -> ApplyResult | None:
        """Return why *request* must not be applied, or None."""
        cursor = self.get(CURSOR)
        if cursor.get("code", b"") not in (b"", request.fold_version.encode()):
            return ApplyResult.OTHER_CODE
        if (cursor.get("next") or b"0") != b"%d" % request.first:
            return ApplyResult.STALE
        rows_match = all(
            self.position_of(row_name(study)) == pos for study, pos in request.positions.items()
        )
        staged_match = all(self.staged_row(study) == each for study, each in request.staged.items())
        return None if rows_match and staged_match else ApplyResult.STALE
