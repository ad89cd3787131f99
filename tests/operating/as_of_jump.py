"""Simulates which `as_of_jump_days` keeps the as-of date nearest to the true day.

Subjects enter over two years and report at random; a share of the records has a wrong date (year,
month, or day and month exchanged).  There are no ticks.  ``python -m tests.operating.as_of_jump``
prints the mean days that the date is ahead of and behind the true day.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import groupby

from monitor.state.days_on_record import DaysOnRecord

JUMPS = (30, 60, 90, 120, 180, 365)
YEARS = 4
STUDIES = 60
SETTINGS = ((8, 2), (30, 2), (100, 6))
"""Numbers of subjects, and of records a year of each."""
WRONG_SHARES = (0.0, 0.001, 0.01)
SEED = 7


@dataclass(frozen=True, slots=True)
class Report:
    """A record of *subject*, sent on the *true* day with the day *known*."""

    true: int
    subject: str
    known: int


def reports(rng: random.Random, subjects: int, per_year: int, wrong: float) -> list[Report]:
    """Return the records of one study in the order in which they are sent."""
    drawn: list[Report] = []
    for number in range(subjects):
        time = rng.uniform(0, 365 * 2)
        while (time := time + rng.expovariate(per_year / 365)) < 365 * YEARS:
            day = int(time)
            known = wrong_day(rng, day) if rng.random() < wrong else day
            drawn.append(Report(day, f"S{number}", known))
    return sorted(drawn, key=lambda report: report.true)


def wrong_day(rng: random.Random, day: int) -> int:
    """Return *day* with a wrong year, with a wrong month, or with day and month exchanged."""
    years = 365 * rng.choice((-10, -1, -1, 1, 1, 10))
    months = rng.choice((28, 30, 31, 61, 92, 184, 275, 334))
    return day + rng.choice((years, months, 30 * rng.randint(-11, 11)))


def mean_errors(log: list[Report], jump: int) -> tuple[float, float]:
    """Return the mean days ahead and behind at the end of each day with a record."""
    days, ahead, behind, count = DaysOnRecord(0, jump), 0, 0, 0
    for day, of_day in groupby(log, key=lambda report: report.true):
        for report in of_day:
            if not days.is_known(report.known, report.subject):
                days.add(report.known, report.subject)
        error = (days.as_of or 0) - day
        ahead, behind, count = ahead + max(0, error), behind + max(0, -error), count + 1
    return ahead / count, behind / count


def main() -> None:
    """Print a row of the table in docs/plan.md for each setting."""
    for subjects, per_year in SETTINGS:
        for wrong in WRONG_SHARES:
            rng = random.Random(SEED)
            logs = [reports(rng, subjects, per_year, wrong) for _ in range(STUDIES)]
            cells: list[str] = []
            for jump in JUMPS:
                errors = [mean_errors(log, jump) for log in logs if log]
                ahead, behind = (sum(each) / len(errors) for each in zip(*errors, strict=True))
                cells.append(f"{ahead:.1f} / {behind:.1f}")
            print(f"  | {subjects}, {per_year} | {wrong:.1%} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
