"""The rate tables: seriousness, relatedness and rows without events."""

from __future__ import annotations

from math import isclose

import pytest

from monitor.records import Criterion, Outcome, Relatedness, TermKind
from monitor.tables.tabulate import rate_rows
from tests.monitor.builders import case, tick_record
from tests.monitor.small_plans import plan_of, toml_table
from tests.monitor.trial import Trial, trial, two_arms

SERIOUS = toml_table("groups.serious", serious=True)


def folded_trial(*records, watches: tuple[str, ...] = (), **options: str) -> Trial:
    """A trial with four subjects an arm and *records*, as of day 100."""
    return trial(plan_of(*watches, **options), *two_arms(4), *records, tick_record(100))


@pytest.mark.parametrize(
    "fields",
    [{"outcome": Outcome.FATAL}, {"criteria": (Criterion.HOSPITALISATION,)}],
    ids=["fatal", "criterion"],
)
def test_a_death_is_serious_even_without_the_flag(fields: dict):
    """So is a case that meets a criterion; the missing flag is a data finding."""
    scenario = folded_trial(case("c1", "A1", 3, **fields), groups=SERIOUS)

    assert scenario.counts("serious") == (1, 1)
    assert scenario.row().cell.serious_events == scenario.row("any").cell.serious_subjects == 1
    assert scenario.findings == {"serious_by_criteria_or_fatal_but_not_flagged": 1}


def test_a_flag_alone_makes_a_case_serious_and_is_no_finding():
    """No other field contradicts the flag."""
    scenario = folded_trial(case("c1", "A1", 3, serious=True), groups=SERIOUS)

    assert (scenario.counts("serious"), scenario.findings) == ((1, 1), {})


@pytest.mark.parametrize("relatedness", Relatedness)
def test_possible_probable_and_definite_are_related(relatedness: Relatedness):
    """As in ProDERM's table 1, footnote c; unlikely is not related."""
    scenario = folded_trial(case("c1", "A1", 3, relatedness=relatedness))

    related = relatedness not in (Relatedness.NOT_RELATED, Relatedness.UNLIKELY)
    assert scenario.row().cell.related_events == related


def test_a_row_without_events_is_shown_with_its_exposure():
    """No event in 404 days is a result: each term has a row in each cell with exposure."""
    scenario = folded_trial(case("c1", "A1", 3), groups=SERIOUS)
    rows = [scenario.row("DVT", "ctl"), scenario.row("serious", "act")]

    assert [(row.cell.events, row.person_days) for row in rows] == [(0, 404), (0, 404)]
    assert [(row.rate.value, row.rate.low) for row in rows] == [(0.0, 0.0), (0.0, 0.0)]
    assert all(isclose(row.rate.high, 3.688879 / (404 / 36525), rel_tol=1e-6) for row in rows)


def test_a_cell_without_exposure_has_no_row():
    """No subject was treated in the later period, so it has no rate."""
    scenario = folded_trial(case("c1", "A1", 3))

    assert {row.period for row in rate_rows(scenario.study)} == {"first", "all"}


def test_every_case_counts_under_its_term_its_class_its_groups_and_any():
    """Terms overlap; no row is a sum of others."""
    scenario = folded_trial(case("c1", "A1", 3, serious=True), groups=SERIOUS)

    counted = {
        (row.term.kind, row.term.name) for row in rate_rows(scenario.study) if row.cell.events
    }
    assert counted == {
        (TermKind.PREFERRED_TERM, "DVT"),
        (TermKind.SYSTEM_ORGAN_CLASS, "VASC"),
        (TermKind.GROUP, "serious"),
        (TermKind.ANY, "any"),
    }
