"""The sentence and the paragraph below it: singular, plural, and every state of the owners."""

from __future__ import annotations

from typing import Any

import pytest

from board.views.alert_cards import AlertCard, CardGroup
from board.views.evidence_now import LadderRow, Screening
from board.views.facts import Completeness
from board.views.sentence import (
    deaths_text,
    near_text,
    owners_text,
    screening_text,
    sentence_of,
    shared_text,
)

COMPLETE = Completeness(
    study="T", as_of="2020-01-25", position=1234, end=1234, known_at=None, plan_sha256="", digest=""
)


def card(**overrides: Any) -> AlertCard:
    """A card of a watch of DVT, that nobody has."""
    fields: dict[str, Any] = {
        "id": "a1", "revision": 1, "kind": "signal", "level": "signal", "state": "raised",
        "watch": "clots", "title": "DVT on act", "comparison": "", "term": "DVT",
        "treatment": "act", "raised": "2020-01-01", "level_since": "2020-01-01", "age_days": 24,
        "owner": None, "previous_owner": None, "decided": False, "due": (), "evidence": None,
        "strength": None, "subjects": ("A1",), "line": (), "marks": (),
    }  # fmt: skip
    return AlertCard(**(fields | overrides))


def sentence(*cards: AlertCard) -> str:
    """The sentence of these cards, each a group of its own."""
    return sentence_of([CardGroup(title=one.title, cards=(one,)) for one in cards], COMPLETE)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({}, "Nobody has it yet."),
        ({"previous_owner": "b"}, "Nobody has it now."),
        ({"owner": "b", "state": "acknowledged"}, "b has acknowledged it."),
        ({"owner": "b", "state": "under_review"}, "b is reviewing it."),
    ],
)
def test_the_sentence_ends_with_who_has_it(overrides: dict[str, Any], expected: str):
    """An alert that rose again after a member had it is nobody's now."""
    assert sentence(card(**overrides)) == f"DVT on act signals. {expected}"


def test_cases_are_counted():
    """One case and several cases read as they should."""
    one = card(kind="case", strength=None)

    assert sentence(one) == "One case to judge: DVT on act. Nobody has it yet."
    assert sentence(one, card(id="a2", kind="case")).startswith(
        "Two cases to judge, the first DVT on act."
    )


def test_decided_alerts_are_no_news():
    """An alert on which the board has decided waits for its closure only."""
    assert sentence(card(decided=True, state="confirmed")) == (
        "Nothing new: complete to record 1,234 at 25 Jan 2020."
    )


def test_the_time_is_that_of_the_latest_record():
    """Where the follower knows when the record was known, the sentence says so."""
    complete = Completeness(
        study="T", as_of="2020-01-25", position=1, end=1, known_at="2020-01-25T12:30:00Z",
        plan_sha256="", digest="",
    )  # fmt: skip

    assert sentence_of([], complete) == (
        "Nothing new: complete to record 1 at 25 Jan 2020, 12:30 UTC."
    )


@pytest.mark.parametrize(
    ("subjects", "expected"),
    [
        ([("A",), ("B",)], ""),
        ([("A",), ("A",)], "Both alerts rest on the same patient."),
        ([("A", "B")] * 3, "All three alerts rest on the same two patients."),
        ([("A", "B"), ("A", "B"), ("C",)], "Two of 3 alerts rest on the same two patients."),
    ],
)
def test_shared_patients(subjects: list[tuple[str, ...]], expected: str):
    """Alerts that share all their patients are one piece of news."""
    assert shared_text([card(subjects=each) for each in subjects]) == expected


@pytest.mark.parametrize(
    ("owners", "expected"),
    [
        ([None, None], "Nobody has acknowledged either."),
        ([None, None, None], "Nobody has acknowledged any."),
        (["b", "b"], "b has both."),
        (["b", "c", "b"], "b and c have them all."),
        (["b", None], "b has one; one waits for somebody."),
        (["b", "c", None, None], "b and c have two; two wait for somebody."),
    ],
)
def test_owners(owners: list[str | None], expected: str):
    """Who has what is said in one sentence."""
    assert owners_text([card(owner=each) for each in owners]) == expected


@pytest.mark.parametrize(
    ("terms", "signals", "expected"),
    [
        (0, (), "No term is screened yet."),
        (1, (), "One term is screened at every report; it does not signal."),
        (124, (), "124 terms are screened at every report; none signals."),
        (124, ("A",), "124 terms are screened at every report; 1 signals: A."),
        (124, ("A", "B"), "124 terms are screened at every report; 2 signal: A and B."),
        (9, tuple("ABCD"), "Nine terms are screened at every report; 4 signal: A and others."),
    ],
)
def test_screening(terms: int, signals: tuple[str, ...], expected: str):
    """The number of terms and those that signal."""
    assert screening_text(Screening(terms=terms, signals=signals)) == expected


@pytest.mark.parametrize(
    ("deaths", "expected"),
    [
        ((), "No deaths."),
        ((("act", 1),), "One death: 1 on act."),
        ((("act", 2), ("not on treatment", 1)), "Three deaths: 2 on act and 1 not on treatment."),
    ],
)
def test_deaths(deaths: tuple[tuple[str, int], ...], expected: str):
    """Deaths are counted by treatment."""
    assert deaths_text(deaths) == expected


def test_a_watch_near_its_boundary_is_named():
    """A watch without an alert that has come near its boundary is in the paragraph."""
    row = LadderRow(
        watch="rash", title="Rash on act", comparison="", level="quiet", reason="", screened=False,
        treatment_events=3, control_events=None, log_e=3.0, e_value=20.0, boundary=66.7, ratio=0.3,
        rate_ratio=None, rate_ratio_low=None, rate_ratio_high=None,
    )  # fmt: skip

    assert list(near_text([card()], [row])) == [
        "Near its boundary: Rash on act (0.3 of its boundary)."
    ]
    assert list(near_text([card(watch="rash")], [row])) == ["Nothing else is near its boundary."]
    assert list(near_text([], [])) == []
