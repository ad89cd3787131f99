"""A store inside the process: for tests, simulations and whatever need not outlive it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from streams.store import ApplyRequest, ApplyResult, Fields
from streams.store.cursor_fields import rewound_fields, studies_with_rows
from streams.store.hashes import CURSOR, OUTBOX, Hashes, row_name, staged_row_name

__all__ = ["CURSOR", "OUTBOX", "MemoryStore"]


@dataclass(slots=True)
class MemoryStore(Hashes):
    """The keys of one partition in one space, and what is promised of them."""

    async def check(self) -> None:
        """It is always fit."""

    async def cursor(self) -> Fields:
        """The cursor; empty where there is none."""
        return self.get(CURSOR)

    async def row(self, study: str) -> Fields:
        """The study's row; empty where there is none."""
        return self.get(row_name(study))

    async def field(self, study: str, name: str) -> bytes:
        """One field of the study's row; "" where it has none."""
        return self.get(row_name(study)).get(name, b"")

    async def find_fields(self, study: str, prefix: str) -> Fields:
        """The fields of the study's row whose names begin so."""
        fields = self.get(row_name(study))
        return {name: each for name, each in fields.items() if each and name.startswith(prefix)}

    async def studies(self) -> list[str]:
        """Names of the studies that the cursor knows to have a row."""
        return studies_with_rows(self.get(CURSOR))

    async def positions(self, studies: Iterable[str]) -> dict[str, bytes]:
        """The `pos` of each study's row; "" where it has none."""
        return {study: self.position_of(row_name(study)) for study in studies}

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        """Change everything that *write* says, or nothing."""
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
        """Write a part of the row at *pos* aside, emptied first where *begin*."""
        if begin:
            self.drop(staged_row_name(study))
        elif self.position_of(staged_row_name(study)) != position:
            return ApplyResult.STALE
        self.set(staged_row_name(study), fields)
        return ApplyResult.DONE

    async def outbox(self) -> Fields:
        """What is yet to be told."""
        return self.get(OUTBOX)

    async def remove_published(self, names: Iterable[str]) -> None:
        """Take entries out of the outbox: the broker has them."""
        for name in names:
            self.hashes.get(OUTBOX, {}).pop(name, None)

    async def release(self, through: int) -> None:
        """Let unreadable records up to offset *through* pass, however many in a row."""
        self.set(CURSOR, {"released": b"%d" % through})

    async def rewind(self, study: str | None) -> None:
        """Drop one study's row, or the whole partition: cursor first, so that it is refolded."""
        if study is not None:
            self.set(CURSOR, rewound_fields(study))
            self.drop(row_name(study))
            self.drop(staged_row_name(study))
            return
        released = self.get(CURSOR).get("released")
        self.drop(CURSOR)
        for name in [name for name in self.hashes if name.startswith(row_name(""))]:
            self.drop(name)
        if released:
            self.set(CURSOR, {"released": released})

    async def close(self) -> None:
        """There is nothing to let go of."""

    def _check_request(self, request: ApplyRequest) -> ApplyResult | None:
        """Why *write* may not be applied, or None."""
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
