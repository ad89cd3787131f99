"""The days on record of a study with their witnesses, and the as-of date that they support.

No single record may move a study's as-of date or stop it, so it follows from the set of records:
see docs/architecture/decisions/0016-the-as-of-date-has-two-witnesses.md.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field

from monitor.dates import FOREVER

NO_SUBJECT = ""
"""The one witness of all ticks and of all other records that name no subject."""

BLOCK_DAYS = 32
"""Days that one field of a stored row holds: a record changes at most one field."""

Witness = str | None
"""The subject that alone has records of a day, NO_SUBJECT, or None for two or more witnesses."""


@dataclass(slots=True)
class DaysOnRecord:
    """Each day on record with its witness, and the as-of date, as ordinal days.

    *witness_by_day* is a function of the set of records; everything after it follows from it and
    from the plan.  *days* are the days on record up to *no_day_after*, sorted.  *reached* is the
    largest day on or after which two witnesses have a day; *ahead_witness* has all days after it.
    *chain_end* is where the chain from *reached* ends (from the earliest day while there is one
    witness), *plan_chain_end* where the chain from *plan_day* ends, None where it meets no day.
    """

    plan_day: int
    jump_max: int = 1
    no_day_after: int = FOREVER
    witness_by_day: dict[int, Witness] = field(default_factory=dict[int, Witness])

    days: list[int] = field(default_factory=list[int], compare=False)
    reached: int | None = None
    ahead_witness: Witness = None
    chain_end: int | None = None
    plan_chain_end: int | None = None

    @property
    def as_of(self) -> int | None:
        """The as-of date, None without a day on record."""
        if self.reached is None and self.plan_chain_end is not None:
            return self.plan_chain_end
        if self.chain_end is None or self.plan_chain_end is None:
            return self.chain_end
        return max(self.chain_end, self.plan_chain_end)

    def first_ahead(self) -> int | None:
        """Return the first counted day on record after the as-of date, or None."""
        after = bisect_right(self.days, self.as_of or 0)
        return self.days[after] if after < len(self.days) else None

    @property
    def ahead_count(self) -> int:
        """The number of days on record after the as-of date, also of those after the limit."""
        return len(self.witness_by_day) - bisect_right(self.days, self.as_of or 0)

    def is_known(self, day: int, witness: str) -> bool:
        """Whether a further record of *day* by *witness* changes nothing."""
        return day in self.witness_by_day and self.witness_by_day[day] in (None, witness)

    def add(self, day: int, witness: str) -> None:
        """Record that *witness* has a record of *day*, which is not known yet."""
        is_new_day, reached = day not in self.witness_by_day, self.reached
        self.witness_by_day[day] = witness if is_new_day else None
        if day <= self.no_day_after:
            self._raise_reached(day, witness)
            if is_new_day:
                insort(self.days, day)
            if is_new_day or self.reached != reached:
                self._extend_chains(day)

    def set_limits(self, jump_max: int, no_day_after: int) -> None:
        """Apply the limits of a plan, the largest step and the last day that counts."""
        self.jump_max, self.no_day_after = jump_max, no_day_after
        self.days.clear()
        self.reached = self.ahead_witness = self.chain_end = self.plan_chain_end = None
        for day in sorted(day for day in self.witness_by_day if day <= no_day_after):
            witness = self.witness_by_day[day]
            if witness is None:
                self.reached, self.ahead_witness = day, None
            else:
                self._raise_reached(day, witness)
            self.days.append(day)
        if self.days:
            self._extend_chains(self.days[0])

    def _raise_reached(self, day: int, witness: str) -> None:
        """Update *reached* before *day* is in *days*: those after *reached* have one witness."""
        if (self.reached is not None and day <= self.reached) or witness == self.ahead_witness:
            return
        if self.ahead_witness is None:
            self.ahead_witness = witness
            return
        if self.reached is None:
            self.chain_end = None  # It went on from the earliest day of the only witness.
        last_ahead = self.days[-1]
        self.reached = min(day, last_ahead)
        if day >= last_ahead:
            self.ahead_witness = witness if day > last_ahead else None

    def _extend_chains(self, day: int) -> None:
        """Let both chains go on, after *day* was inserted."""
        if self.reached is not None:
            self.chain_end = self._end_of_chain(max(self.reached, self.chain_end or 0))
        elif self.chain_end is None:
            self.chain_end = self._end_of_chain(self.days[0])
        elif day == self.days[0] and len(self.days) > 1 and self.days[1] - day > self.jump_max:
            self.chain_end = day  # The only case in which the as-of date falls.
        else:
            self.chain_end = self._end_of_chain(self.chain_end)
        if self.plan_chain_end is None:
            first = bisect_left(self.days, self.plan_day)
            if first == len(self.days) or self.days[first] - self.plan_day > self.jump_max:
                return
            self.plan_chain_end = self.days[first]
        self.plan_chain_end = self._end_of_chain(self.plan_chain_end)

    def _end_of_chain(self, day: int) -> int:
        """Return where the chain from *day* ends: the next day is at most *jump_max* away."""
        following = bisect_right(self.days, day)
        while following < len(self.days) and self.days[following] - day <= self.jump_max:
            day = self.days[following]
            following += 1
        return day
