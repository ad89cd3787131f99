"""Records that are known on given days, and the as-of date after them."""

from __future__ import annotations

from monitor.records import Record, Tick
from tests.monitor.builders import case, day, record
from tests.monitor.small_plans import plan_of
from tests.monitor.trial import trial

JUMP = 30
FAR = 10_000


def known(who: str, known_day: int, number: int = 0) -> Record:
    """A case of *who* that is known on *known_day*, or a tick of that day."""
    if not who:
        return record(Tick(day(known_day)), f"clock/{known_day}", known=known_day)
    return case(f"c-{who}-{known_day}-{number}", who, 3, known=known_day)


def as_of_after(*records: Record, jump: int = JUMP, more: str = "") -> int | None:
    """The as-of date of a study after *records*, in days of the test; its plan is of day 0."""
    as_of = trial(plan_of(jump=jump, more=more), *records).study.as_of
    return None if as_of is None else as_of - day(0)
