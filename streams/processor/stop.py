"""Why a partition stands still, and what else may come in the way of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StopReason(StrEnum):
    """Why a partition stands still.  An operator is owed the reason with the silence."""

    OTHER_LOG = "other_log"
    SHORTER_LOG = "shorter_log"
    LOST_INPUT = "lost_input"
    OTHER_CODE = "other_code"
    UNREADABLE = "unreadable"
    RAISED = "raised"

    @property
    def remedy(self) -> str:
        """What the operator does about it."""
        return REMEDIES[self]


REMEDIES: dict[StopReason, str] = {
    StopReason.OTHER_LOG: (
        "Name the broker that holds the log in TOCSIN_BROKER; if the "
        "log was moved on "
        "purpose, `tocsin rebuild` folds it from its first record."
    ),
    StopReason.SHORTER_LOG: (
        "Bring the log back from its archive; what is missing cannot be folded."
    ),
    StopReason.LOST_INPUT: (
        "Bring the first records of the log back from its archive, "
        "and see that its "
        "retention is unlimited (`tocsin topics apply`)."
    ),
    StopReason.OTHER_CODE: (
        "Start the version of Tocsin that wrote it, or `tocsin rebuild` beside it."
    ),
    StopReason.UNREADABLE: (
        "See what they are with `tocsin quarantine list`; mend their "
        "producer, or let "
        "them pass with `tocsin quarantine release`."
    ),
    StopReason.RAISED: (
        "This is a fault of Tocsin: report it with the record, and start a version that mends it."
    ),
}


@dataclass(frozen=True, slots=True)
class PartitionStop:
    """The partition stands still before *offset*.  *detail* never repeats what a record says."""

    offset: int
    reason: StopReason
    detail: str

    def __str__(self) -> str:
        return f"{self.detail} {self.reason.remedy}"


class CursorMoved(Exception):
    """The cursor or a row is not where it was left: another worker, or a rollback.  Claim again."""


class RowInvalid(Exception):
    """A row must be rebuilt before the next record can be taken."""


class OffsetGap(Exception):
    """The log goes on at *found* where *expected* was due.  Read again from *expected*.

    If *found* still comes next, transaction markers lie between, and ``Lane.pass_hole`` says so.
    """

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(f"offset {found} came where {expected} was due")
        self.expected, self.found = expected, found


class RecordFailed(Exception):
    """Something raised at the record at *offset*."""

    def __init__(self, offset: int, error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.offset = offset
