"""The evidence on every term of a real trial equals a plain program's, computed from its ADaM."""

from __future__ import annotations

from math import log

import pytest

from tests.scenarios.adam import adam_records
from tests.scenarios.realdata import log_bytes, shared_table
from tests.scenarios.replay_result import Cell, Result, cells, replay_json, screened_watches

HIGH = "xanomeline_high_dose"
REJECTED = {
    ("system_organ_class", "SKIN AND SUBCUTANEOUS TISSUE DISORDERS"),
    ("preferred_term", "PRURITUS"),
    ("system_organ_class", "NERVOUS SYSTEM DISORDERS"),
    ("preferred_term", "APPLICATION SITE PRURITUS"),
    ("system_organ_class", "GENERAL DISORDERS AND ADMINISTRATION SITE CONDITIONS"),
}
"""The terms that the real comparison rejects (STATISTICS.md, section 3)."""


@pytest.fixture(scope="session")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Return the result of a replay of high dose against placebo."""
    log_path = tmp_path_factory.mktemp("adam") / "log.jsonl"
    log_path.write_bytes(log_bytes(adam_records()))
    return replay_json(log_path)


@pytest.fixture(scope="session")
def expected() -> dict[Cell, dict[str, str]]:
    """Return the rows of the plain program by (kind, term, treatment)."""
    rows = shared_table(
        "cdiscpilot01", "expected", "study_time_evidence_exact_ties_high_v_placebo.csv"
    )
    return {(row["kind"], row["term"], HIGH): row for row in rows}


def test_every_term_with_an_event_is_watched(result: Result, expected: dict[Cell, dict[str, str]]):
    """The watches are those of 209 preferred terms and system organ classes, and no other."""
    watched = screened_watches(result)

    assert len(expected) == 209
    assert set(watched) == set(expected)
    assert all(watch["control"] == "placebo" for watch in watched.values())


def test_subjects_are_those_of_the_plain_program(
    result: Result, expected: dict[Cell, dict[str, str]]
):
    """Each term has as many subjects with an event on both arms as in the plain program."""
    counts = cells(result)
    for (kind, term, treatment), row in expected.items():
        assert counts[kind, term, treatment]["subjects"] == int(row["subjects_treatment"])
        assert counts[kind, term, "placebo"]["subjects"] == int(row["subjects_placebo"])


def test_evidence_of_every_term_equals_the_plain_program(
    result: Result, expected: dict[Cell, dict[str, str]]
):
    """At the end of the data, log e-values agree to 1e-8; none is replaced by an upper bound."""
    watches = screened_watches(result)
    computed = {cell: log(watches[cell]["e_value"]) for cell in expected}

    assert computed == pytest.approx(
        {cell: float(row["log_e_final"]) for cell, row in expected.items()}, rel=0, abs=1e-8
    )


def test_five_terms_are_rejected(result: Result):
    """e-BH at q = 0.1 over 209 terms signals for five; the sixth by evidence has no signal."""
    rejected = {
        cell[:2] for cell, watch in screened_watches(result).items() if watch["level"] == "signal"
    }

    assert rejected == REJECTED


def test_the_rejections_equal_e_bh_computed_by_hand(result: Result):
    """e-BH rejects up to the largest k with k * e_(k) / K >= 1 / q (Wang and Ramdas 2022)."""
    evidence = [(watch["e_value"], cell[:2]) for cell, watch in screened_watches(result).items()]
    ranked = sorted(evidence, reverse=True)
    qualifying = [k for k, (e, _) in enumerate(ranked, start=1) if k * e / len(ranked) >= 10]

    assert len(ranked) == 209
    assert {cell for _, cell in ranked[: max(qualifying)]} == REJECTED
