"""Tests that every number of the rates page is that of an independent batch count."""

from __future__ import annotations

import math
from itertools import product

import pytest

from board.views.catalogue import VIEWS
from tests.board.independent.evidence import evidence_of_term
from tests.board.independent.limits import score_limits
from tests.board.independent.logs import LOGS, BoardLog, board_log
from tests.board.independent.pages import PageReader
from tests.board.independent.recounted import Selection, TermName
from tests.board.preview import page_of
from tests.independent.groups import is_related, is_serious
from tests.independent.trial import Case

DAYS_PER_YEAR = 365.25
KINDS = ("preferred_term", "system_organ_class", "group", "any")
COUNTED = {"all": lambda fields: True, "serious": is_serious, "related": is_related}
ANALYSES = ("as_treated", "as_randomised")


def arguments_of(log: BoardLog) -> list[dict[str, str]]:
    """Return every choice of the rates page."""
    plan = log.count.trial.plan
    periods = [each["id"] for each in plan["periods"] if each["randomised"]]
    names = ("kind", "count", "analysis", "period", "treatment")
    choices = product(KINDS, COUNTED, ANALYSES, periods, plan["treatments"]["active"])
    return [{**dict(zip(names, each, strict=True)), "all": "yes"} for each in choices]


def counts_by_term(
    log: BoardLog, selection: Selection, kind: str, count: str
) -> dict[str, list[Case]]:
    """Return the cases of each term of *kind* in *selection*."""
    found: dict[str, list[Case]] = {}
    for each in log.count.placed:
        if COUNTED[count](each.case.fields) and log.count.selects(
            selection, each.case.subject, each.interval
        ):
            for _, term in (one for one in each.terms if one[0] == kind):
                found.setdefault(term, []).append(each.case)
    return found


def arms_of(log: BoardLog, given: dict[str, str]) -> list[Selection]:
    """Return the compared arms, then those of the periods that are not randomised."""
    plan = log.count.trial.plan
    field = "randomised" if given["analysis"] == "as_randomised" else "treatment"
    arms = [
        Selection(period=given["period"], **{field: name})
        for name in (given["treatment"], plan["treatments"]["control"])
    ]
    for period in (each["id"] for each in plan["periods"] if not each["randomised"]):
        for treatment in log.count.treatments:
            parts = [
                Selection(period=period, treatment=treatment, randomised=origin)
                for origin in log.count.treatments
            ]
            occupied = [each for each in parts if log.count.days(each)]
            total = Selection(period=period, treatment=treatment)
            has_total = len(occupied) != 1 and log.count.days(total)
            arms += [*occupied, *([total] if has_total else [])]
    return arms


@pytest.mark.parametrize("name", LOGS)
def test_every_choice_of_the_rates_page(name: str):
    """Patients, events, percents and differences of every term, and rates of the other arms."""
    log = board_log(name)
    for given in arguments_of(log):
        view = VIEWS["rates"].build(log.facts, given)
        arms = arms_of(log, given)
        counts = [counts_by_term(log, each, given["kind"], given["count"]) for each in arms]
        exposed = [log.count.days(each) for each in arms]
        days = [sum(map(len, each.values())) for each in exposed]
        headings = [view.treated, view.control, *view.others]
        assert [each.subjects for each in headings] == list(map(len, exposed)), (log.name, given)
        for heading, person_days in zip(headings, days, strict=True):
            assert heading.person_years == pytest.approx(person_days / DAYS_PER_YEAR)
        rows = {str(row["term"]): row for row in view.tables[0].rows}
        assert set(rows) == {term for each in counts for term in each}, (log.name, given)
        assert len(view.lines) == view.line_count == len(rows)
        for term, row in rows.items():
            where = (log.name, given, term)
            numbers = [
                (len({case.subject for case in each.get(term, [])}), len(each.get(term, [])))
                for each in counts
            ]
            percents = [
                100 * subjects / max(subjects, len(own)) if subjects or own else None
                for (subjects, _), own in zip(numbers, exposed, strict=True)
            ]
            for arm, place in (("treated", 0), ("control", 1)):
                assert row[f"{arm}_subjects"] == numbers[place][0], where
                assert row[f"{arm}_events"] == numbers[place][1], where
                assert row[f"{arm}_percent"] == percents[place], where
            own, control = percents[:2]
            if own is not None and control is not None:
                assert row["difference"] == pytest.approx(own - control), where
            for place, (subjects, events) in enumerate(numbers[2:]):
                years = days[place + 2] / DAYS_PER_YEAR
                assert row[f"other_{place}_subjects"] == subjects, where
                assert row[f"other_{place}_events"] == events, where
                assert row[f"other_{place}_rate"] == (
                    pytest.approx(100 * events / years) if years else None
                ), where


@pytest.mark.parametrize("name", LOGS)
def test_evidence_of_every_screened_term(name: str):
    """E of each line with evidence is that of its first events and the numbers at risk."""
    log = board_log(name)
    plan = log.count.trial.plan
    rule, control = plan["screening"], plan["treatments"]["control"]
    for kind, treatment in product(KINDS[:2], plan["treatments"]["active"]):
        given = {"kind": kind, "treatment": treatment, "all": "yes"}
        rows = VIEWS["rates"].build(log.facts, given).tables[0].rows
        judged = [row for row in rows if row["e_value"] is not None]
        assert judged
        for row in judged:
            term: TermName = (kind, str(row["term"]))
            each = evidence_of_term(log.count, rule, term, treatment, control)
            log_e = math.log(float(row["e_value"] or 0))
            assert log_e == pytest.approx(each.log_e, abs=1e-9), (log.name, term)


@pytest.mark.parametrize("name", LOGS)
def test_limits_of_the_difference(name: str):
    """The limits of every difference are those of the score test, solved by bisection."""
    log = board_log(name)
    for kind in KINDS:
        view = VIEWS["rates"].build(log.facts, {"kind": kind, "all": "yes"})
        for row in view.tables[0].rows:
            counts = (
                int(row["treated_subjects"] or 0),
                max(view.treated.subjects, int(row["treated_subjects"] or 0)),
                int(row["control_subjects"] or 0),
                max(view.control.subjects, int(row["control_subjects"] or 0)),
            )
            if counts[1] and counts[3]:
                limits = score_limits(*counts)
                where = (log.name, kind, row["term"])
                assert (row["low"], row["high"]) == pytest.approx(limits, abs=1e-4), where


@pytest.mark.parametrize("name", LOGS)
def test_the_page_has_the_numbers_of_the_table(name: str):
    """Patients and events of both arms, the difference, E, and patients of the other arms."""
    log = board_log(name)
    for given in ({"kind": kind, "all": "yes"} for kind in KINDS):
        view = VIEWS["rates"].build(log.facts, given)
        drawn = PageReader(page_of(log.facts, "rates", given)).table("table-terms")
        shown = [place for place, each in enumerate(view.others) if not each.is_part]
        for (_, cells), row in zip(drawn, view.tables[0].rows, strict=True):
            keys = [
                f"{arm}_{of}" for arm in ("treated", "control") for of in ("subjects", "events")
            ]
            keys += ["difference", "e_value", *(f"other_{place}_subjects" for place in shown)]
            values = [value for cell in cells for value in cell.values]
            assert cells[0].text == row["term"]
            assert values == [str(row[key]) for key in keys if row[key] is not None], (values, row)
