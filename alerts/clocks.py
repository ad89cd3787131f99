"""Deadlines of expedited safety reporting.

Days are UTC calendar days as ordinals (``date.toordinal``).  A clock ends on the day it starts plus
its length: the day of receipt is day 0 (ICH E2A, III.B; 21 CFR 312.32(c)).  Weekends count.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from monitor.dates import iso
from monitor.plan.case_rules import is_fatal, is_life_threatening, is_suspected
from monitor.records import AdverseEvent, day_of


class Clock(StrEnum):
    """What starts a clock.

    RECEIPT is the receipt of a qualifying case (day 0).  DETERMINATION is the sponsor's
    determination that information qualifies; the board's `confirm` counts as one.  An alert can
    have both clocks.
    """

    RECEIPT = "receipt"
    DETERMINATION = "determination"


SHORT_CLOCK_DAYS = 7
"""Calendar days from receipt for a fatal or life-threatening, unexpected, suspected case
(21 CFR 312.32(c)(2): no later than 7 calendar days after the sponsor's initial receipt)."""

LONG_CLOCK_DAYS = 15
"""Calendar days from receipt for every other case, and from determination for all alerts
(21 CFR 312.32(c)(1): no later than 15 calendar days after the sponsor determines)."""


class Deadline(NamedTuple):
    """A clock, and the last calendar day (ordinal) on which a report is in time."""

    clock: Clock
    day: int

    @property
    def as_iso(self) -> tuple[str, str]:
        """The clock's value and the day as ``YYYY-MM-DD``, the form of ``Alert.due``."""
        return self.clock.value, iso(self.day)


def receipt_clock_days(case: AdverseEvent, *, expected: bool) -> int:
    """Length in calendar days of the receipt clock of *case*.

    The short clock is for a case that is unexpected, suspected, and fatal or life-threatening.
    A case without a causality assessment counts as suspected.
    """
    urgent = is_fatal(case) or is_life_threatening(case)
    return SHORT_CLOCK_DAYS if urgent and not expected and is_suspected(case) else LONG_CLOCK_DAYS


def receipt_deadline(case: AdverseEvent, received: int, *, expected: bool) -> Deadline:
    """The deadline of *case*, received on the ordinal day *received*.

    >>> from monitor.records import EPOCH_DAY, Severity
    >>> death = AdverseEvent("S1", "DVT", "VASC", severity=Severity.FATAL)
    >>> receipt_deadline(death, EPOCH_DAY, expected=False).as_iso
    ('receipt', '1970-01-08')
    """
    return Deadline(Clock.RECEIPT, received + receipt_clock_days(case, expected=expected))


def determination_deadline(decided_at: int) -> Deadline:
    """The deadline after a determination at *decided_at* (seconds since 1970-01-01 UTC).

    >>> determination_deadline(0).as_iso
    ('determination', '1970-01-16')
    """
    return Deadline(Clock.DETERMINATION, day_of(decided_at) + LONG_CLOCK_DAYS)


def restart_clock(
    due_dates: tuple[tuple[str, str], ...], deadline: Deadline
) -> tuple[tuple[str, str], ...]:
    """*due_dates* of an alert with *deadline* set; it replaces an earlier one of its clock.

    >>> restart_clock((("receipt", "1970-01-08"),), determination_deadline(0))
    (('receipt', '1970-01-08'), ('determination', '1970-01-16'))
    """
    day_by_clock = dict(due_dates) | dict([deadline.as_iso])
    return tuple(
        (clock.value, day_by_clock[clock.value]) for clock in Clock if clock.value in day_by_clock
    )
