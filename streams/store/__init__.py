"""The projection of one partition, and the interface that every store implements.

The log is the source of truth: a store may be reset to any earlier prefix of its writes, or to
nothing.  All values are absolute, so writes are idempotent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

Fields = dict[str, bytes]
"""Names and values of a hash.  An empty value equals an absent one."""

LIVE_SPACE = "live"
"""The only space whose outbox is published."""

PAIRS_MAX = 3_900
"""Maximum pairs of field and value in one command; Lua unpacks at most 7,998 values."""


class ApplyResult(StrEnum):
    """Result of an apply; only DONE changed the store."""

    DONE = "done"
    STALE = "stale"  # The cursor or a row was moved by another worker, or the store rolled back.
    OTHER_CODE = "other_code"  # The cursor was written by another version of the fold.


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyRequest:
    """One atomic write of the projection, for the records at offsets ``[first, next)``.

    The cursor's `next` must be *first*, and its `code` *fold_version*.  *positions* has the
    expected `pos` of each study in the batch, folded or skipped (empty for a study without a row).
    *rows* has the changed fields of each study, *outbox* the new entries, *cursor* the cursor's
    fields, with `next` and `code`.  The row of a study in *staged* is replaced by its staged row,
    which must be complete.
    """

    first: int
    next: int
    fold_version: str
    positions: Mapping[str, bytes]
    rows: Mapping[str, Fields] = field(default_factory=dict[str, Fields])
    outbox: Fields = field(default_factory=Fields)
    cursor: Fields = field(default_factory=Fields)
    staged: Mapping[str, StagedRow] = field(default_factory=dict[str, "StagedRow"])

    @property
    def pair_count(self) -> int:
        """Number of field and value pairs that the request writes."""
        return len(self.outbox) + len(self.cursor) + sum(map(len, self.rows.values()))


class StagedRow(NamedTuple):
    """The `pos` of a staged row, and the number of fields of the complete row."""

    position: bytes
    field_count: int


class RowHead(NamedTuple):
    """The `pos` and the `digest` of a row."""

    position: bytes
    digest: bytes


class StoreUnreachable(Exception):
    """The store did not answer: the result of a command is unknown.  Discard memory, and reload."""


class StoreNotWritable(StoreUnreachable):
    """The store answers but refuses writes for now: it is full, loading or read-only.  Wait."""


class StoreMisconfigured(Exception):
    """An operator must change the store: version, policy, library or rights.  Names the remedy."""


class Store(Protocol):
    """The keys of one partition in one space."""

    async def check(self) -> None:
        """Check that the store can be written to.

        Raises StoreMisconfigured where an operator must change its version, policy, library or
        rights, and StoreNotWritable where it refuses writes for now.
        """
        ...

    async def cursor(self) -> Fields:
        """Return the cursor's fields; empty if there is none."""
        ...

    async def row(self, study: str) -> Fields:
        """Return the study's row as of one moment; empty if there is none."""
        ...

    async def field(self, study: str, name: str) -> bytes:
        """Return one field of the study's row; empty if it has none."""
        ...

    async def find_fields(self, study: str, prefix: str) -> Fields:
        """Return the fields of the study's row whose names begin with *prefix*.

        They may be of different moments.
        """
        ...

    async def studies(self) -> list[str]:
        """Return the names of the studies that have a row according to the cursor."""
        ...

    async def heads(self, studies: Iterable[str]) -> dict[str, RowHead]:
        """Return `pos` and `digest` of each study's row, of one moment; empty without a row."""
        ...

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        """Apply the whole *request*, or nothing."""
        ...

    async def stage_row(
        self, study: str, position: bytes, fields: Fields, *, begin: bool
    ) -> ApplyResult:
        """Write a part of the study's row at *position* under the key of its staged row (`<row>~`).

        With *begin*, delete the staged row first; this first part contains `pos`.  Returns STALE
        where another worker has begun a staged row at another `pos`.
        """
        ...

    async def outbox(self) -> Fields:
        """Return the outbox: alerts and dead letters that are not published yet."""
        ...

    async def remove_published(self, names: Iterable[str]) -> None:
        """Remove entries from the outbox after the broker confirmed them."""
        ...

    async def release(self, through: int, *, batch_from: int | None = None) -> None:
        """Allow any number of unreadable records in a row up to offset *through*, inclusive.

        With *batch_from*, leave out instead the unreadable batch from there to *through*.
        """
        ...

    async def rewind(self, study: str | None) -> None:
        """Delete the row of *study*, or all rows, so that they are folded again from the log.

        The cursor is reset first, so that an interrupted rewind loses nothing.  The outbox is
        kept: after an interrupted rewind, a remaining row would skip the records that raise the
        unpublished alerts.
        """
        ...

    async def close(self) -> None:
        """Close the connection."""
        ...
