"""What the tables say: seriousness, relatedness, and rows that saw nothing."""

from __future__ import annotations

from math import isclose

import pytest

from monitor.records import Criterion, Outcome, Relatedness, TermKind
from monitor.tables.tabulate import rate_rows
from tests.monitor.builders import case, tick_record
from tests.monitor.small_plans import plan_of, toml_table
from tests.monitor.trial import Trial, trial, two_arms

SERIOUS = toml_table("groups.serious", serious=True)


def folded_trial(*records, watches: tuple[str, ...] = (), **said: str) -> Trial:
    """Four patients an arm, *records*, and a look on day 100."""
    return trial(plan_of(*watches, **said), *two_arms(4), *records, tick_record(100))


@pytest.mark.parametrize(
    "said",
    [{"outcome": Outcome.FATAL}, {"criteria": (Criterion.HOSPITALISATION,)}],
    ids=["fatal", "criterion"],
)
def test_a_death_is_serious_whatever_the_flag_says(said: dict):
    """And so is what meets a criterion; that the flag says no is a finding."""
    found = folded_trial(case("c1", "A1", 3, **said), groups=SERIOUS)

    assert found.counts("serious") == (1, 1)
    assert found.row().cell.serious_events == found.row("any").cell.serious_subjects == 1
    assert found.findings == {"serious_by_criteria_or_fatal_but_not_flagged": 1}


def test_a_flag_alone_makes_a_case_serious_and_is_no_finding():
    """Nothing contradicts it."""
    found = folded_trial(case("c1", "A1", 3, serious=True), groups=SERIOUS)

    assert (found.counts("serious"), found.findings) == ((1, 1), {})


@pytest.mark.parametrize("opinion", Relatedness)
def test_possible_probable_and_definite_are_related(opinion: Relatedness):
    """ProDERM's table 1, footnote c; unlikely is not."""
    found = folded_trial(case("c1", "A1", 3, relatedness=opinion))

    related = opinion not in (Relatedness.NOT_RELATED, Relatedness.UNLIKELY)
    assert found.row().cell.related_events == related


def test_a_row_that_saw_nothing_is_shown_with_its_time():
    """None seen in 404 days is a finding: each term of the study in each cell with exposure."""
    found = folded_trial(case("c1", "A1", 3), groups=SERIOUS)
    none = [found.row("DVT", "ctl"), found.row("serious", "act")]

    assert [(row.cell.events, row.person_days) for row in none] == [(0, 404), (0, 404)]
    assert [(row.rate.value, row.rate.low) for row in none] == [(0.0, 0.0), (0.0, 0.0)]
    assert all(isclose(row.rate.high, 3.688879 / (404 / 36525), rel_tol=1e-6) for row in none)


def test_a_cell_without_exposure_has_no_row():
    """Nobody was treated in the later period, so nothing can be said of it."""
    found = folded_trial(case("c1", "A1", 3))

    assert {row.period for row in rate_rows(found.study)} == {"first", "all"}


def test_every_case_counts_under_its_term_its_class_its_groups_and_any():
    """Terms overlap; no row is a sum of others."""
    found = folded_trial(case("c1", "A1", 3, serious=True), groups=SERIOUS)

    counted = {(row.term.kind, row.term.name) for row in rate_rows(found.study) if row.cell.events}
    assert counted == {
        (TermKind.PREFERRED_TERM, "DVT"),
        (TermKind.SYSTEM_ORGAN_CLASS, "VASC"),
        (TermKind.GROUP, "serious"),
        (TermKind.ANY, "any"),
    }
