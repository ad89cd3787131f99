"""Checks the recount by another formula and in another order, and the reach of the strategies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from tests.independent.campaign import SLOW
from tests.independent.evidence import evidence
from tests.independent.recount import (
    TableKey,
    interval_in_cell,
    outcome_counts,
    recount,
    row,
    tables,
)
from tests.independent.strategies import conflict_free, logs, reordered, repeated
from tests.independent.trial import Interval, Trial
from tests.independent.wire_records import Record, ordinal

FEW_EXAMPLES = settings(max_examples=40, deadline=None, suppress_health_check=SLOW)


def spell_days(trial: Trial, key: TableKey) -> int:
    """Return person-days by subtraction, from each start to the first of all possible ends."""
    total = 0
    for subject, intervals in trial.intervals.items():
        is_exempt = any(each["subject"] == subject for each in trial.exempt)
        if is_exempt or repeats(intervals):
            total += sum(interval_in_cell(each, key) for each in trial.days[subject].values())
            continue
        ordered = sorted(intervals, key=lambda i: (i.start, i.entity))
        for place, interval in enumerate(ordered):
            ends = [trial.as_of + 1, *(later.start for later in ordered[place + 1 : place + 2])]
            window = trial.plan["at_risk"]["window_days"]
            if interval.end is not None and window != "unbounded":
                ends.append(interval.end + window)
            ends += [
                ordinal(disposition["date"]) + 1
                for disposition in trial.dispositions.get(subject, [])
                if disposition.get("period") in {None, interval.period}
            ]
            if interval.treatment == key.treatment and key.period in {interval.period, "all"}:
                total += max(0, min(ends) - interval.start)
    return total


def repeats(intervals: list[Interval]) -> bool:
    """Return whether two start on one day, or one treatment is given twice: no formula here."""
    names = {(interval.treatment, interval.period) for interval in intervals}
    starts = {interval.start for interval in intervals}
    return min(len(names), len(starts)) < len(intervals)


@FEW_EXAMPLES
@given(logs())
def test_counting_days_and_subtracting_dates_agree(log: list[Record]):
    """The day-by-day count equals the formula in every cell."""
    trial = recount(log)
    for key, counts in tables(trial).items():
        if key.kind == "any":
            assert counts["person_days"] == spell_days(trial, key)


@FEW_EXAMPLES
@given(st.data())
def test_conflict_free_records_give_the_same_result_in_any_order(data: st.DataObject):
    """Only the number of accepted versions depends on the order."""
    log = data.draw(conflict_free())
    shuffled = data.draw(reordered(log, versions_in_order=False))
    versions_in_order = data.draw(reordered(log, versions_in_order=True))

    assert without_versions(recount(log)) == without_versions(recount(shuffled))
    assert evidence(log) == evidence(shuffled)
    if all(outcome in {"folded", "unallocated"} for outcome in outcomes_present(log)):
        assert tables(recount(log)) == tables(recount(versions_in_order))
        assert outcome_counts(log) == outcome_counts(versions_in_order)


def without_versions(trial: Trial) -> dict[TableKey, dict[str, int]]:
    """Return the tables without *versions*, the only column that may depend on the order."""
    rows = tables(trial).items()
    return {key: {n: v for n, v in counts.items() if n != "versions"} for key, counts in rows}


def outcomes_present(log: list[Record]) -> set[str]:
    """Return the outcomes that occur in a log."""
    return {outcome for outcome, count in outcome_counts(log).items() if count}


@FEW_EXAMPLES
@given(st.data())
def test_a_repeated_record_changes_nothing_in_the_recount(data: st.DataObject):
    """A record that is repeated later is a duplicate or stale."""
    log = data.draw(conflict_free())
    with_repeats = data.draw(repeated(log))

    assert tables(recount(with_repeats)) == tables(recount(log))


@FEW_EXAMPLES
@given(logs())
def test_outcomes_add_up_and_subjects_never_exceed_events(log: list[Record]):
    """Each line has one outcome; subjects <= events <= versions in every row."""
    assert sum(outcome_counts(log).values()) == len(log)
    for counts in tables(recount(log)).values():
        assert counts["subjects"] <= counts["events"] <= counts["versions"]
        assert counts["person_days_to_first"] <= counts["person_days"]


SITUATIONS_REACHED: dict[str, Callable[[list[Record]], bool]] = {
    outcome: lambda log, outcome=outcome: outcome_counts(log)[outcome] > 0
    for outcome in ("duplicate", "stale", "conflict", "refused", "unallocated")
} | {
    "a pair": lambda log: has_events(log, "algorithmic"),
    "an infusional event": lambda log: has_events(log, "infusional"),
    "a fatal event": lambda log: has_events(log, "fatal"),
    "an adjudicated event": lambda log: has_events(log, "adjudicated"),
    "a withdrawn drug": lambda log: has_events(log, "withdrawn"),
    "much evidence": lambda log: any(value > 0.5 for value in evidence(log).values()),
    "two evidences of tier 2": lambda log: sum(len(name) == 3 for name in evidence(log)) >= 2,
    "a severe event": lambda log: has_events(log, "severe"),
    "an event on exempt days": lambda log: has_exempt_events(log),
    "pooled evidence": lambda log: evidence(log).get(("pool-early",), 0.0) != 0.0,
    "early evidence": lambda log: evidence(log).get(("early-headache",), 0.0) != 0.0,
}


def has_events(log: list[Record], group: str) -> bool:
    """Return whether the group has an event on the active treatment."""
    return row(recount(log), TableKey("all", "act", "group", group))["events"] > 0


def has_exempt_events(log: list[Record]) -> bool:
    """Return whether days not at risk take an event from the table of its term."""
    trial = recount(log)
    without = replace(trial, exempt=[])
    terms = {(each["kind"], each.get("term", "any")) for each in trial.exempt}
    keys = [TableKey("all", "act", *term) for term in terms]
    return any(row(trial, key)["events"] < row(without, key)["events"] for key in keys)


@pytest.mark.parametrize("name", SITUATIONS_REACHED)
def test_the_strategy_reaches_every_situation(name: str):
    """A property that is never tested on its situation proves nothing."""
    search_settings = settings(
        max_examples=1000, deadline=None, suppress_health_check=SLOW, phases=[Phase.generate]
    )

    assert find(logs(), SITUATIONS_REACHED[name], settings=search_settings)
