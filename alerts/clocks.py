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


SHORT_DAYS = 7
"""From receipt, for what is fatal or life-threatening, unexpected and suspected
(21 CFR 312.32(c)(2): no later than 7 calendar days after the sponsor's initial receipt)."""

LONG_DAYS = 15
"""From receipt for every other case; from determination for all that was confirmed
(21 CFR 312.32(c)(1): no later than 15 calendar days after the sponsor determines)."""


class Due(NamedTuple):
    """A clock, and the last calendar day on which it is met."""

    clock: Clock
    day: int

    @property
    def said(self) -> tuple[str, str]:
        """The clock's name and its day as ``YYYY-MM-DD``, as an alert carries them."""
        return self.clock.value, iso(self.day)


def receipt_days(case: AdverseEvent, *, expected: bool) -> int:
    """How many calendar days after its receipt *case* is due.

    The short clock is for what is unexpected, suspected, and fatal or life-threatening with it;
    what nobody has judged yet counts as suspected.
    """
    grave = is_fatal(case) or is_life_threatening(case)
    return SHORT_DAYS if grave and not expected and is_suspected(case) else LONG_DAYS


def receipt_due(case: AdverseEvent, known_at: int, *, expected: bool) -> Due:
    """By when *case* is due, received at the instant *known_at* (epoch seconds).

    >>> from monitor.records import Severity
    >>> death = AdverseEvent("S1", "DVT", "VASC", severity=Severity.FATAL)
    >>> receipt_due(death, 0, expected=False).said
    ('receipt', '1970-01-08')
    """
    return Due(Clock.RECEIPT, day_of(known_at) + receipt_days(case, expected=expected))


def determination_due(decided_at: int) -> Due:
    """By when information is due that was found to qualify at the instant *decided_at*.

    >>> determination_due(0).said
    ('determination', '1970-01-16')
    """
    return Due(Clock.DETERMINATION, day_of(decided_at) + LONG_DAYS)


def set_running(running: tuple[tuple[str, str], ...], due: Due) -> tuple[tuple[str, str], ...]:
    """The clocks of an alert once that of *due* is set, anew if it has run before.

    >>> set_running((("receipt", "1970-01-08"),), determination_due(0))
    (('receipt', '1970-01-08'), ('determination', '1970-01-16'))
    """
    clocks = dict(running) | dict([due.said])
    return tuple((clock.value, clocks[clock.value]) for clock in Clock if clock.value in clocks)
