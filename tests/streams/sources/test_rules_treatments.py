"""The rules on arms, treatments, doses and the days of follow-up, whatever the format."""

from __future__ import annotations

from streams.sources.rows import AnyRow
from tests.streams.sources.builders import (
    CONTROL,
    Rows,
    dose,
    intervals,
    of_subject,
    study,
    subject,
    with_plan,
)
from tests.streams.sources.ingested import ingest

ACTUAL_ARM = '\n[ingest]\ntreatment = "actual_arm"\n'
PARTICIPATION = '\n[ingest]\nfollow_up_end = "participation"\n'


def test_the_arm_is_the_randomised_treatment_and_an_empty_one_is_none():
    """A screen failure has no treatment, and without a reason the missing arm is a finding."""
    failure = subject("B", "Screen Failure", treatment_start="", follow_up_end="")
    unexplained = subject("C", "", treatment_start="", follow_up_end="")
    explained = subject("D", "", no_arm_reason="SCREEN FAILURE", treatment_start="")
    found = study(subject(), failure, unexplained, explained)

    arms = {one["subject"]: one.get("randomised_treatment") for one in found.of_type("subject")}
    assert arms == {"A": "drug", "B": None, "C": None, "D": None, "Z": "placebo"}
    assert found.group("no_arm_without_reason").rows == (4,)


def test_the_actual_arm_counts_where_the_plan_chooses_it():
    """Otherwise the planned arm does, and both ways the difference is a finding."""
    rows = (subject(arm_received="Placebo"), dose(treatment="Compound"))
    planned, actual = study(*rows), with_plan(ACTUAL_ARM, *rows)

    assert intervals(planned)[0][0] == "drug"
    assert intervals(actual)[0][0] == "placebo"
    assert of_subject(actual, "subject")[0]["randomised_treatment"] == "drug"
    assert planned.counts["actual_arm_differs"] == actual.counts["actual_arm_differs"] == 1


def test_rows_of_one_treatment_are_one_interval():
    """Monthly rows of exposure are no new treatment each."""
    parts = [
        ("2014-01-02", "2014-01-31"),
        ("2014-02-01", "2014-02-28"),
        ("2014-03-05", "2014-04-01"),
    ]
    found = study(subject(), *(dose(first=first, last=last) for first, last in parts))

    assert intervals(found) == [("drug", "2014-01-02", "2014-04-02")]
    assert len(of_subject(found, "dose")) == 3


def test_a_crossover_has_an_interval_a_period():
    """The arm is a sequence: the doses tell the treatments, the first one is the randomised."""

    def one(name: str, arm: str, first: str, second: str) -> list[AnyRow]:
        return [
            subject(name, arm),
            dose(name, first, last="2014-02-28"),
            dose(name, second, first="2014-03-01"),
        ]

    found = ingest(Rows([*one("A", "1-2", "Drug", "Placebo"), *one("B", "2-1", "Placebo", "Drug")]))

    assert intervals(found) == [
        ("drug", "2014-01-02", "2014-03-01"),
        ("placebo", "2014-03-01", "2014-07-03"),
    ]
    assert of_subject(found, "subject", "B")[0]["randomised_treatment"] == "placebo"
    assert found.counts == {"arm_is_a_sequence": 2}


def test_treatments_given_together_are_the_arm():
    """A double-dummy trial gives every subject both names at a time."""
    rows: list[AnyRow] = []
    for name, arm in (("A", "Drug"), ("B", "Placebo")):
        rows += [subject(name, arm), dose(name, "Drug"), dose(name, "Placebo", amount="0")]

    assert intervals(ingest(Rows(rows))) == [("drug", "2014-01-02", "2014-07-03")]


def test_overlapping_treatments_end_where_the_next_one_starts():
    """No day counts for two treatments; the overlap is a finding."""
    found = study(subject(), dose(last="2014-03-10"), dose(treatment="Placebo", first="2014-03-01"))

    assert intervals(found) == [
        ("drug", "2014-01-02", "2014-03-01"),
        ("placebo", "2014-03-01", "2014-07-03"),
    ]
    assert found.counts["treatments_overlap"] == 1
    assert found.counts["arm_and_doses_unreconciled"] == 1


def test_one_name_that_hides_doses_is_the_arm():
    """Xanomeline is the treatment of the low and the high dose: only the arm tells them apart."""
    found = study(
        subject("A", "Drug low"), dose("A", "Drug"), subject("B", "Drug high"), dose("B", "Drug")
    )

    assert [intervals(found, name)[0][0] for name in "AB"] == ["drug_low", "drug_high"]
    assert found.counts["treatment_name_hides_doses"] == 2


def test_a_treatment_outside_the_plan_is_refused():
    """Every record of it would be: the remedy names [arms] and [treatments]."""
    plan = study(subject()).plan

    for rows in ([subject("B", "Other")], [subject("B"), dose("B", "Drug"), CONTROL]):
        found = study(*rows, plan=plan.replace('"drug"', '"medicine"'))
        assert found.report.refused
        assert {"arm_not_in_plan", "treatment_not_in_plan"} & found.counts.keys()
