"""Compares the rates page with counts made straight from the records of the log."""

from __future__ import annotations

import json
from functools import cache

import pytest

from board.follower.from_log import facts_from_log
from board.views.catalogue import ViewNotFoundError
from board.views.facts import StudyFacts
from board.views.rates import RatesView, build
from monitor.tables.compare import compare_arms
from monitor.tables.tabulate import rate_rows
from monitor.terms import Term
from tests.paths import ROOT

LOG = ROOT / "studies" / "proderm" / "log.jsonl"


@cache
def proderm() -> StudyFacts:
    with LOG.open("rb") as lines:
        return next(iter(facts_from_log(lines)))


def page(**arguments: str) -> RatesView:
    return build(proderm(), {"all": "yes", **arguments})


def test_the_counts_are_those_of_the_rate_tables():
    """Each term on both arms and in the extension has the patients and events of its cells."""
    study = proderm().study
    cells = {(r.period, r.treatment, r.term): r.cell for r in rate_rows(study)}
    view = page()
    for line in view.lines:
        term = Term(kind=next(t for t in cells if t[2].name == line.term)[2].kind, name=line.term)
        treated, control = (cells.get(("first", arm, term)) for arm in ("ivig", "placebo"))
        extension = cells.get(("extension", "ivig", term))
        assert treated is None or (treated.subjects, treated.events) == (
            line.treated_subjects,
            line.treated_events,
        )
        assert control is None or control.subjects == line.control_subjects
        assert extension is None or extension.events == line.others[-1].events
    assert view.line_count == 130


def test_serious_events_are_recounted_from_the_log():
    """The serious patients by arm as randomised are those of the last version of each case."""
    arms: dict[str, str] = {}
    latest: dict[str, dict[str, object]] = {}
    for text in LOG.read_text().splitlines():
        record = json.loads(text)
        if record["type"] == "subject" and record.get("randomised_treatment"):
            arms[record["subject"]] = record["randomised_treatment"]
        if record["type"] == "adverse_event":
            latest[record["source"]["id"]] = record
    serious = [each for each in latest.values() if each["serious"]]
    view = page(kind="any", count="serious", analysis="as_randomised")
    line = view.lines[0]
    in_first = {
        name
        for name in {str(each["subject"]) for each in serious}
        if arms[name] == "placebo" and _has_serious_in_first(name)
    }
    assert line.control_subjects == len(in_first)
    assert line.evidence is None, "evidence counts all cases"


def _has_serious_in_first(name: str) -> bool:
    study = proderm().study
    number = study.period_numbers["first"]
    return any(
        entity.period == number and entity.increment >> 20 & 1
        for entity in study.subjects[name].cases.values()
        if entity.counted_versions
    )


def test_the_differences_are_those_of_the_compared_arms():
    """Points and limits are a hundred times those of Miettinen and Nurminen in the replay."""
    study = proderm().study
    expected = {c.term.name: c.risk_difference for c in compare_arms(study.plan, rate_rows(study))}
    for line in page().lines:
        if line.treated_subjects or line.control_subjects:
            estimate = expected[line.term]
            found = [line.difference, line.low, line.high]
            assert found == pytest.approx([100 * each for each in estimate if each is not None])


def test_the_page_names_the_leader_and_the_boundary_of_one_term():
    """Headache leads with E = 24.8 of 124 terms; one alone would signal at 1,240."""
    view = page()
    assert view.sentence == "Nothing signals. Headache leads with E = 24.8."
    assert view.single_boundary == pytest.approx(1240)
    assert (view.lines[0].treated_subjects, view.lines[0].control_subjects) == (15, 4)


def test_the_groups_of_the_extension_add_up():
    """The patients from placebo and from immunoglobulin make up all of the extension."""
    first, second, total = page().others
    assert (first.subjects, second.subjects, total.subjects) == (46, 45, 91)
    assert first.is_part and second.is_part and not total.is_part
    for line in page(kind="any").lines:
        parts = [each.events for each in line.others]
        assert parts[0] + parts[1] == parts[2]


def test_a_page_shows_the_first_lines_and_its_table_has_all():
    """CSV and JSON have every term; the page says how many it shows."""
    view = build(proderm(), {})
    assert len(view.lines) == 25
    assert len(view.tables[0].rows) == view.line_count == 130


@pytest.mark.parametrize(
    "arguments",
    [{"kind": "nothing"}, {"period": "extension"}, {"count": "odd"}, {"sort": "x"}],
)
def test_an_argument_that_names_nothing_is_not_found(arguments: dict[str, str]):
    """An unknown word, or a period in which no arms are compared, is refused."""
    with pytest.raises(ViewNotFoundError):
        build(proderm(), arguments)
