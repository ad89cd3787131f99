"""Compares the rows of the store with the follower's: digests while folding, fields in turn."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from streams.store import Fields, RowHead, Store
from streams.store.rows.digest import row_digest

ROUND_SECONDS = 2.0
"""All rows are read whole about this often."""

CPU_DIVISOR = 4
"""Reading rows takes at most about one part in this many of the time."""

MOVING_SECONDS = 4.0
"""A row that changes during each read for so long is read in one command."""


@dataclass(slots=True)
class StoreCheck:
    """Compares the rows of one partition's store with those of the follower.

    *agrees* has the result by study; a study is absent until compared.  *damaged* names the
    studies with a row that is not what was written.
    """

    store: Store
    agrees: dict[str, bool] = field(default_factory=dict[str, bool])
    damaged: set[str] = field(default_factory=set[str])
    compared: dict[str, RowHead] = field(default_factory=dict[str, RowHead])
    read_at: dict[str, float] = field(default_factory=dict[str, float])
    next_read: float = 0

    @property
    def disagreeing(self) -> list[str]:
        """The studies whose stored row differs from the follower's, or is damaged."""
        return sorted({name for name, each in self.agrees.items() if not each} | self.damaged)

    def result_of(self, study: str) -> bool | None:
        """Return whether the store agrees about *study*, None where it has not been compared."""
        return False if study in self.damaged else self.agrees.get(study)

    async def compare_digests(self, rows: dict[str, Fields], cursor: dict[str, int]) -> None:
        """Compare the digests of *rows*, as the follower has written them, with the store's.

        *cursor* has the position of each study by the store's cursor, to which the follower has
        folded.  A row at another position is left for later, unless that position stays.
        """
        heads = await self.store.heads(rows)
        for study, fields in rows.items():
            own, stored = RowHead(fields.get("pos", b""), fields.get("digest", b"")), heads[study]
            if stored.position == own.position:
                self.agrees[study] = stored == own
            elif (
                own.position == b"%d" % cursor.get(study, -1) and self.compared.get(study) == stored
            ):
                # The row was at another position than the cursor's at two looks.
                self.agrees[study] = False
            self.compared[study] = stored

    async def read_next(self, studies: Iterable[str]) -> None:
        """Read one row whole if one is due, and check it against its digest."""
        now = time.monotonic()
        names = sorted(studies, key=lambda name: self.read_at.get(name, 0))
        if not names or now < self.next_read:
            return
        study = names[0]
        if now - self.read_at.get(study, 0) < ROUND_SECONDS:
            return
        moving = now - self.read_at.setdefault(study, now) > MOVING_SECONDS
        fields = await read_fields(self.store, study, moving=moving)
        self.next_read = time.monotonic() + CPU_DIVISOR * (time.monotonic() - now)
        if fields is None:
            return
        self.read_at[study] = now
        if fields.get("digest", b"") == row_digest(fields):
            self.damaged.discard(study)
        else:
            self.damaged.add(study)

    def forget(self) -> None:
        """Forget all results: the follower folds again from the first record."""
        self.agrees.clear()
        self.compared.clear()


async def read_fields(store: Store, study: str, *, moving: bool = False) -> Fields | None:
    """Return the fields of a stored row, or None where it changes meanwhile.

    A row that is always *moving* is read at one moment, which delays other clients of the store.
    """
    if moving:
        return await store.row(study)
    position = await store.field(study, "pos")
    fields = await store.find_fields(study, "")
    return fields if position == await store.field(study, "pos") else None
