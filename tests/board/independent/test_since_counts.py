"""Tests that what is new since a review is the difference of two batch counts."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from math import exp

import pytest

from board.follower.from_log import facts_from_log
from board.views.catalogue import VIEWS
from board.views.since_review import SinceReviewView
from monitor.dates import iso
from tests.board.independent.evidence import evidence_of_term
from tests.board.independent.logs import LOGS, BoardLog, board_log
from tests.board.independent.recounted import Recounted, Selection, TermName, recounted
from tests.independent.evidence import term_of
from tests.independent.groups import is_serious

DAYS_PER_YEAR = 365.25
PARTS = (0.4, 0.75)
"""Parts of the log after which the board has decided."""

DAY = 737_500
"""The day of the decision; the numbers do not depend on it."""


@cache
def log_until(name: str, part: float) -> BoardLog:
    """Return the first *part* of a log."""
    records = board_log(name).count.records
    own = records[: int(part * len(records))]
    (facts,) = facts_from_log([json.dumps(record).encode() for record in own])
    return BoardLog(facts, recounted(own), name)


def since(name: str, part: float) -> SinceReviewView:
    """Return the view of what is new after the first *part* of a log."""
    then = log_until(name, part).facts.study
    facts = replace(board_log(name).facts, baseline=lambda: then, baseline_day=DAY)
    return VIEWS["since"].build(facts, {})


def patients(count: Recounted, term: TermName, treatment: str) -> int:
    """Return the patients with an event of *term* on *treatment*, as the plan screens."""
    rule = count.trial.plan["screening"]
    field = "randomised" if rule["analysis"] == "as_randomised" else "treatment"
    selection = Selection(period=rule["period"], **{field: treatment})
    return len({case.subject for case in count.cases(selection, term)})


def e_value_of(count: Recounted, term: TermName) -> float:
    """Return E of *term* on the plan's first treatment; 1 where no watch compares it."""
    plan = count.trial.plan
    treatment, control = plan["treatments"]["active"][0], plan["treatments"]["control"]
    evidence = evidence_of_term(count, plan["screening"], term, treatment, control)
    named = {term_of(each) for each in plan["watches"] if each["kind"] == "concurrent"}
    return exp(evidence.log_e) if evidence.on_arms or term in named else 1.0


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", LOGS)
def test_new_cases_and_exposure(name: str, part: float):
    """Cases, serious ones, patients and person-years of each period and treatment."""
    view, now, then = since(name, part), board_log(name).count, log_until(name, part).count
    assert view.since == iso(DAY)
    counted = [[each.case for each in count.placed if each.interval] for count in (now, then)]
    serious = [sum(is_serious(case.fields) for case in cases) for cases in counted]
    assert view.new_cases == len(counted[0]) - len(counted[1])
    assert view.new_serious_cases == serious[0] - serious[1]
    rows = {(row["period"], row["treatment"]): row for row in view.tables[2].rows}
    for period in now.periods:
        for treatment in now.treatments:
            days = [
                count.days(Selection(period=period, treatment=treatment)) for count in (now, then)
            ]
            if not days[0]:
                assert (period, treatment) not in rows
                continue
            row, where = rows[period, treatment], (name, part, period, treatment)
            assert (row["subjects_now"], row["subjects_then"]) == tuple(map(len, days)), where
            years = tuple(sum(map(len, own.values())) / DAYS_PER_YEAR for own in days)
            assert (row["years_now"], row["years_then"]) == pytest.approx(years), where


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", LOGS)
def test_terms_that_moved(name: str, part: float):
    """Every preferred term with other patients than then, with E then and now."""
    view, now, then = since(name, part), board_log(name).count, log_until(name, part).count
    names = now.trial.plan["treatments"]
    arms = names["active"][0], names["control"]
    terms = {term for each in now.placed for term in each.terms if term[0] == "preferred_term"}
    moved: dict[str, tuple[int, ...]] = {}
    for term in terms:
        numbers = [tuple(patients(count, term, arm) for arm in arms) for count in (then, now)]
        if numbers[0] != numbers[1] and any(numbers[1]):
            moved[term[1]] = numbers[0] + numbers[1]
    keys = ("treated_then", "control_then", "treated_now", "control_now")
    rows = {str(row["term"]): row for row in view.tables[1].rows}
    assert {term: tuple(row[key] for key in keys) for term, row in rows.items()} == moved
    for term, row in rows.items():
        then_and_now = [e_value_of(count, ("preferred_term", term)) for count in (then, now)]
        shown = row["e_then"], row["e_now"]
        assert shown == pytest.approx(then_and_now, rel=1e-6), (name, part, term)


@pytest.mark.parametrize("name", LOGS)
def test_against_the_same_study_nothing_has_changed(name: str):
    """No alert, no term, no case, and the page says so."""
    view = since(name, 1.0)
    assert not view.alerts and not view.moved and not view.new_cases
    assert view.sentence.endswith("nothing new.") and view.ending.startswith("Nothing else")
