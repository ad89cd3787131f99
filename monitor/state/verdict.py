"""Verdicts: the level of a watch and the reason for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Level(IntEnum):
    """Level of a watch; a higher level includes the lower."""

    QUIET = 0
    WATCH = 1
    SIGNAL = 2

    @property
    def word(self) -> str:
        """The level in lower case, for display and digests."""
        return self.name.lower()


class VerdictReason(StrEnum):
    """Why a watch has its level; shown to the board with the verdict."""

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
    """Level and reason of a watch at one look.

    *log_e* is the natural logarithm of the e-value, or None where a bound determined the
    verdict without it.
    """

    level: Level
    reason: VerdictReason
    log_e: float | None
