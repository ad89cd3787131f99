"""Tests that the page of risk over time is that of an independent batch count, day by day."""

from __future__ import annotations

from typing import Any

import pytest

from board.views.catalogue import VIEWS
from tests.board.independent.estimates import incidence_limits
from tests.board.independent.limits import exact_limits
from tests.board.independent.logs import LOGS, BoardLog, board_log
from tests.board.independent.recounted import Recounted, Selection, TermName
from tests.independent.evidence import term_of
from tests.independent.wire_records import ordinal

DAYS_PER_YEAR = 365.25
WIDTH = 28


def arms_of(count: Recounted) -> list[Selection]:
    """Return the arms of the first randomised period, then those of the open periods."""
    plan = count.trial.plan
    first = next(each["id"] for each in plan["periods"] if each["randomised"])
    names = plan["treatments"]
    arms = [Selection(period=first, treatment=names["active"][0])]
    arms += [Selection(period=first, treatment=names["control"])]
    arms += [Selection(period=first, treatment=name) for name in names["active"][1:]]
    for period in (each["id"] for each in plan["periods"] if not each["randomised"]):
        for treatment in count.treatments:
            parts = [
                Selection(period=period, treatment=treatment, randomised=origin)
                for origin in count.treatments
            ]
            occupied = [each for each in parts if count.days(each)]
            total = Selection(period=period, treatment=treatment)
            arms += occupied
            arms += [total] if len(occupied) != 1 and count.days(total) else []
    return arms


def terms_of(log: BoardLog) -> list[TermName]:
    """Return any event, the watched groups and frequent terms."""
    watched = {term_of(watch) for watch in log.count.trial.plan["watches"]}
    frequent = {
        ("preferred_term", case.fields["preferred_term"]) for case in log.count.trial.cases[::90]
    }
    counted = {term for each in log.count.placed for term in each.terms}
    return [("any", "any"), *sorted((watched | frequent) & counted)]


def death_of(count: Recounted, subject: str) -> int | None:
    """Return the day of death: by a disposition, else by the onset of a counted fatal case."""
    days = [
        ordinal(each["date"])
        for each in count.facts("disposition", subject)
        if each["status"] == "died"
    ]
    if not days:
        days = [
            each.case.onset or 0
            for each in count.placed
            if each.case.subject == subject
            and each.interval
            and each.case.fields.get("outcome") == "fatal"
        ]
    return min(days, default=None)


def steps_of(count: Recounted, arm: Selection, term: TermName) -> list[tuple[int, int, int, int]]:
    """Return (day, at risk, first events, deaths before) of each day with one of the two."""
    ends: list[tuple[int, str]] = []
    for subject, days in count.days(arm).items():
        onsets = [case.onset or 0 for case in count.cases(arm, term) if case.subject == subject]
        first, died = min(onsets, default=None), death_of(count, subject)
        if first is not None and first > count.trial.as_of:
            first = None
        if first is not None and (died is None or first <= died):
            ends.append((first - days[0], "event"))
        elif died is not None and days[0] <= died <= days[-1]:
            ends.append((died - days[0], "death"))
        else:
            ends.append((days[-1] - days[0], "censored"))
    return [
        (
            day,
            sum(end >= day for end, _ in ends),
            sum(each == (day, "event") for each in ends),
            sum(each == (day, "death") for each in ends),
        )
        for day in sorted({end for end, how in ends if how != "censored"})
    ]


def intervals_of(count: Recounted, arm: Selection, term: TermName) -> list[tuple[int, ...]]:
    """Return (first, last, at risk, events, person-days) of each interval of 28 days."""
    relative: list[int] = []
    starts = {subject: days[0] for subject, days in count.days(arm).items()}
    for days in count.days(arm).values():
        relative += [day - days[0] for day in days]
    onsets = [
        (case.onset or 0) - starts[case.subject]
        for case in count.cases(arm, term)
        if case.subject in starts
    ]
    return [
        (
            first,
            first + WIDTH - 1,
            relative.count(first),
            sum(first <= day < first + WIDTH for day in onsets),
            sum(first <= day < first + WIDTH for day in relative),
        )
        for first in range(0, max(relative, default=-1) + 1, WIDTH)
    ]


def incidence_of(steps: list[tuple[int, int, int, int]]) -> list[float]:
    """Return the cumulative incidence in percent after each step (Aalen & Johansen)."""
    survival, incidence, found = 1.0, 0.0, list[float]()
    for _, at_risk, events, deaths in steps:
        incidence += survival * events / at_risk
        survival *= 1 - (events + deaths) / at_risk
        found.append(100 * incidence)
    return found


@pytest.mark.parametrize("name", LOGS)
def test_incidence_and_intervals(name: str):
    """Numbers at risk, first events, deaths before, events and person-days of every arm."""
    log = board_log(name)
    for term in terms_of(log):
        view = VIEWS["over-time"].build(log.facts, {"kind": term[0], "term": term[1]})
        arms = arms_of(log.count)
        assert len(view.arms) == len(arms), log.name
        incidence, intervals = view.tables
        for arm, shown in zip(arms, view.arms, strict=True):
            where = (log.name, term, arm)
            assert shown.subjects == len(log.count.days(arm)), where
            steps = steps_of(log.count, arm, term)
            rows = rows_of(incidence, shown.label)
            keys = ("day", "at_risk", "events", "competing")
            assert [tuple(row[key] for key in keys) for row in rows] == steps, where
            assert [row["percent"] for row in rows] == pytest.approx(incidence_of(steps)), where
            for row, limits in zip(rows, incidence_limits(steps), strict=True):
                assert (row["low"], row["high"]) == pytest.approx(limits, rel=1e-6), where
            rows = rows_of(intervals, shown.label)
            keys = ("first", "last", "at_risk", "events", "person_days")
            expected = intervals_of(log.count, arm, term)
            assert [tuple(row[key] for key in keys) for row in rows] == expected, where
            for row, (_, _, at_risk, events, days) in zip(rows, expected, strict=True):
                rate = 100 * events * DAYS_PER_YEAR / days if days else None
                assert row["rate"] == (None if rate is None else pytest.approx(rate)), where
                if days:
                    limits = exact_limits(events, days / DAYS_PER_YEAR / 100)
                    assert (row["low"], row["high"]) == pytest.approx(limits, rel=1e-6), where
                assert row["few"] == ("fewer than 8" if at_risk < 8 else ""), where


def rows_of(table: Any, arm: str) -> list[Any]:
    """Return the rows of *arm*."""
    return [row for row in table.rows if row["arm"] == arm]
