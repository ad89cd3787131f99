"""The projection of one partition: what a store must promise, whichever it is.

A store may fall back to any earlier prefix of its own writes, or to nothing; it is never the
truth.  All values are absolute, so writing the same thing twice is writing it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

Fields = dict[str, bytes]
"""A hash: names and values.  An empty value is equal to an absent one."""

LIVE_SPACE = "live"
"""The one space whose alerts are relayed to anybody."""

PAIRS_MAX = 3_900
"""Of fields in one command, and so of changed fields in a row: Lua unpacks at most 7,998 values."""


class ApplyResult(StrEnum):
    """What became of an apply; only DONE changed anything."""

    DONE = "done"
    STALE = "stale"  # The cursor or a study's row is elsewhere: another worker, or a rollback.
    OTHER_CODE = "other_code"  # Written by another version of the fold.


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyRequest:
    """One apply: what the records in ``[first, next)`` make of the partition.

    *code* is the version of the fold.  *positions* is what each study seen in the batch, folded
    or skipped, must have as its `pos` ("" for a study without a row).  *rows* are the changed
    fields of each study, *outbox* what is to be told, *cursor* the cursor's fields, `next` and
    `code` among them.  A study in *swapped* has its row replaced by the one prepared aside, if
    that is all there.
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
        """How many field and value pairs it writes."""
        return len(self.outbox) + len(self.cursor) + sum(map(len, self.rows.values()))


class StagedRow(NamedTuple):
    """A row prepared aside: its `pos`, and how many fields make it whole."""

    position: bytes
    field_count: int


class StoreUnreachable(Exception):
    """The store did not answer in time: what it did is unknown.  Forget, reload, go on."""


class StoreNotWritable(StoreUnreachable):
    """The store answers, and takes nothing for now: it is full, it loads.  Wait, and say so."""


class StoreMisconfigured(Exception):
    """The store is there and not fit: its policy, its version, its function.  Says the remedy."""


class Store(Protocol):
    """The keys of one partition in one space."""

    async def check(self) -> None:
        """Raise WrongStore where it must not be written to: policy, version, library, rights.

        Raises StoreRefuses where it could be, and takes nothing now.
        """
        ...

    async def cursor(self) -> Fields:
        """The cursor; empty where there is none."""
        ...

    async def row(self, study: str) -> Fields:
        """The study's row, all of one moment; empty where there is none."""
        ...

    async def field(self, study: str, name: str) -> bytes:
        """One field of the study's row; "" where it has none."""
        ...

    async def find_fields(self, study: str, prefix: str) -> Fields:
        """The fields of the study's row whose names begin so, each of its own moment."""
        ...

    async def studies(self) -> list[str]:
        """Names of the studies that the cursor knows to have a row."""
        ...

    async def positions(self, studies: Iterable[str]) -> dict[str, bytes]:
        """The `pos` of each study's row; "" where it has none."""
        ...

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        """Change everything that *write* says, or nothing."""
        ...

    async def stage_row(
        self, study: str, position: bytes, fields: Fields, *, begin: bool
    ) -> ApplyResult:
        """Write a part of the row at *pos* aside (`<row>~`), emptied first where *begin*.

        The first part holds `pos`.  STALE where another worker has begun a row at another `pos`.
        """
        ...

    async def outbox(self) -> Fields:
        """What is yet to be told."""
        ...

    async def remove_published(self, names: Iterable[str]) -> None:
        """Take entries out of the outbox: the broker has them."""
        ...

    async def release(self, through: int) -> None:
        """Let unreadable records up to offset *through* pass, however many in a row."""
        ...

    async def rewind(self, study: str | None) -> None:
        """Drop one study's row, or all rows: cursor first, so that they are folded anew.

        The outbox stays: cut short, a row that is left would skip the records that ring what is
        yet to be told.
        """
        ...

    async def close(self) -> None:
        """Let go of the service."""
        ...
