"""The clocks of expedited reporting: by which calendar day somebody must have been told.

Days are UTC calendar days as ordinals.  A clock that starts on a day runs out on that day plus
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

    They are different and both kept: the receipt of a case that qualifies, and the sponsor's
    determination that information qualifies, which a board's `confirm` is.
    """

    RECEIPT = "receipt"
    DETERMINATION = "determination"


SHORT_CLOCK_DAYS = 7
"""From receipt, for what is fatal or life-threatening, unexpected and suspected
(21 CFR 312.32(c)(2): no later than 7 calendar days after the sponsor's initial receipt)."""

LONG_CLOCK_DAYS = 15
"""From receipt for every other case; from determination for all that was confirmed
(21 CFR 312.32(c)(1): no later than 15 calendar days after the sponsor determines)."""


class Deadline(NamedTuple):
    """A clock, and the last calendar day on which it is met."""

    clock: Clock
    day: int

    @property
    def as_iso(self) -> tuple[str, str]:
        """The clock's name and its day as ``YYYY-MM-DD``, as an alert carries them."""
        return self.clock.value, iso(self.day)


def receipt_clock_days(case: AdverseEvent, *, expected: bool) -> int:
    """How many calendar days after its receipt *case* is due.

    The short clock is for what is unexpected, suspected, and fatal or life-threatening with it;
    what nobody has judged yet counts as suspected.
    """
    urgent = is_fatal(case) or is_life_threatening(case)
    return SHORT_CLOCK_DAYS if urgent and not expected and is_suspected(case) else LONG_CLOCK_DAYS


def receipt_deadline(case: AdverseEvent, known_at: int, *, expected: bool) -> Deadline:
    """By when *case* is due, received at the instant *known_at* (epoch seconds).

    >>> from monitor.records import Severity
    >>> death = AdverseEvent("S1", "DVT", "VASC", severity=Severity.FATAL)
    >>> receipt_deadline(death, 0, expected=False).as_iso
    ('receipt', '1970-01-08')
    """
    return Deadline(Clock.RECEIPT, day_of(known_at) + receipt_clock_days(case, expected=expected))


def determination_deadline(decided_at: int) -> Deadline:
    """By when information is due that was found to qualify at the instant *decided_at*.

    >>> determination_deadline(0).as_iso
    ('determination', '1970-01-16')
    """
    return Deadline(Clock.DETERMINATION, day_of(decided_at) + LONG_CLOCK_DAYS)


def restart_clock(
    due_dates: tuple[tuple[str, str], ...], deadline: Deadline
) -> tuple[tuple[str, str], ...]:
    """The clocks of an alert once that of *due* is set, anew if it has run before.

    >>> restart_clock((("receipt", "1970-01-08"),), determination_deadline(0))
    (('receipt', '1970-01-08'), ('determination', '1970-01-16'))
    """
    day_by_clock = dict(due_dates) | dict([deadline.as_iso])
    return tuple(
        (clock.value, day_by_clock[clock.value]) for clock in Clock if clock.value in day_by_clock
    )
