"""Where a watch stands, and why: a verdict is a reason, never a boolean."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Level(IntEnum):
    """How loud a watch is; a higher level includes the lower."""

    QUIET = 0
    WATCH = 1
    SIGNAL = 2

    @property
    def word(self) -> str:
        """The level as it is printed."""
        return self.name.lower()


class VerdictReason(StrEnum):
    """Why a watch stands where it stands.  A board is owed the reason with the verdict."""

    NO_EVENTS = "no first event yet"
    NO_PERSON_TIME = "no person-time at risk on one of the arms"
    TOO_FEW_EVENTS = "fewer events than the plan asks for"
    BELOW_WATCH = "evidence below the watch level"
    BELOW_BOUNDARY = "evidence at the watch level, below the boundary"
    CROSSED = "evidence crossed the boundary"
    NOT_REJECTED = "not rejected by e-BH at this look"
    REJECTED = "rejected by e-BH"
    NOT_JUDGED = "shown, not judged (tier 3)"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A level and its ground.  *log_e* is None where a bound proved the verdict without it."""

    level: Level
    reason: VerdictReason
    log_e: float | None
