"""Why a partition is stopped, and the errors that interrupt a batch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StopReason(StrEnum):
    """Why a partition is stopped; each reason has a remedy for the operator."""

    OTHER_LOG = "other_log"
    SHORTER_LOG = "shorter_log"
    LOST_INPUT = "lost_input"
    OTHER_CODE = "other_code"
    UNREADABLE = "unreadable"
    UNREADABLE_BATCH = "unreadable_batch"
    RAISED = "raised"

    @property
    def remedy(self) -> str:
        """What the operator does so that the partition continues."""
        return REMEDIES[self]


REMEDIES: dict[StopReason, str] = {
    StopReason.OTHER_LOG: (
        "Set TOCSIN_BROKER to the broker that has the log; if the log was moved on purpose, "
        "`tocsin rebuild` folds it again from its first record."
    ),
    StopReason.SHORTER_LOG: (
        "Restore the log from its archive; records that are missing cannot be folded."
    ),
    StopReason.LOST_INPUT: (
        "Restore the first records of the log from its archive, and check that its retention is "
        "unlimited (`tocsin topics apply`)."
    ),
    StopReason.OTHER_CODE: (
        "Start the version of Tocsin that wrote them, or run `tocsin rebuild`, with `--space` to "
        "keep them."
    ),
    StopReason.UNREADABLE: (
        "Find the records with `tocsin quarantine list` and `tocsin quarantine show`; correct "
        "their producer, or release them with `tocsin quarantine release`."
    ),
    StopReason.UNREADABLE_BATCH: (
        "If another replica has it undamaged, make that one the leader; otherwise save it and go "
        "on after it with `tocsin quarantine pass`."
    ),
    StopReason.RAISED: (
        "This is a bug in Tocsin: report it with the record, and start a version that fixes it."
    ),
}
"""What the operator does.  `tocsin doctor` finds the reason of a stored stop by this text."""


@dataclass(frozen=True, slots=True)
class PartitionStop:
    """The partition is stopped before *offset*.

    Detail and remedy are shown, and may be stored in the cursor, so *detail* never contains a value
    of a record.
    """

    offset: int
    reason: StopReason
    detail: str

    def __str__(self) -> str:
        return f"{self.detail} {self.reason.remedy}"


class CursorMoved(Exception):
    """The cursor or a row in the store is not as this worker left it.

    Another worker wrote it, or the store lost writes.  The partition must be claimed again.
    """


class RowInvalid(Exception):
    """The row of the next record's study must be rebuilt before the record can be folded."""


class OffsetGap(Exception):
    """The next record has offset *found* where *expected* was expected.

    Transaction markers lie between, or a fetch was lost.  Read again from *expected*: if *found*
    is again the next record, call ``PartitionProcessor.skip_gap``.
    """

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(f"expected offset {expected}, got offset {found}")
        self.expected, self.found = expected, found


class RecordFailed(Exception):
    """Folding the record at *offset* raised an exception; the message is the type of that one."""

    def __init__(self, offset: int, error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.offset = offset
