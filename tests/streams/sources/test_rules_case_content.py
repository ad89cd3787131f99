"""The rules on dates, seriousness and severity of a case, whatever the format."""

from __future__ import annotations

import pytest

from tests.streams.sources.builders import case, event, left, study, subject


def test_a_partial_onset_stays_partial_for_the_plan_to_decide():
    """Drawn-up plans take the start of treatment where it falls in that month."""
    found = study(subject(), event(onset="2014-01"))

    assert found.of_type("adverse_event")[0]["onset"] == "2014-01"
    assert 'partial = "treatment_start"' in found.plan
    assert found.counts["partial_onset"] == 1


@pytest.mark.parametrize(
    ("end", "expected", "finding"),
    [
        ("2014-03-05", "2014-03-05", None),
        ("2014-03", "2014-03-31", "partial_end"),
        ("2014-07", "2014-07-02", "partial_end"),  # At most the end of follow-up.
        ("2014", "2014-07-02", "partial_end"),
        ("2014-01-05", None, "end_before_onset"),
        ("2013", None, "end_before_onset"),
        ("ongoing", None, "not_a_date"),
    ],
)
def test_an_end_is_its_last_day_capped_or_left_out(
    end: str, expected: str | None, finding: str | None
):
    """No count needs it, so it refuses nothing."""
    found = study(subject(), event(end=end))

    assert found.of_type("adverse_event")[0].get("end") == expected
    assert {finding} <= {None, *found.counts}


@pytest.mark.parametrize("criterion", ["death", "life_threatening", "hospitalisation"])
def test_a_criterion_is_kept_though_the_flag_says_not_serious(criterion: str):
    """Serious if either says so; the contradiction is listed with its row."""
    found = study(subject(), left(), event(criteria=(criterion,)))
    (record,) = found.of_type("adverse_event")

    assert record["criteria"] == [criterion]
    assert record["serious"] is False
    assert found.group("not_serious_but_criterion").rows == (4,)


def test_the_worse_of_severity_and_grade_counts():
    """AESEV mild and AETOXGR 4 is life-threatening."""
    assert case(event(severity="mild", grade="life_threatening"))["severity"] == "life_threatening"
    assert case(event(severity="severe", grade="mild"))["severity"] == "severe"


@pytest.mark.parametrize(
    ("flag", "onset", "differs"),
    [
        ("yes", "2014-02-01", 0),
        ("no", "2014-02-01", 1),
        ("yes", "2013-12-31", 1),
        ("", "2014-02-01", 0),
    ],
)
def test_a_treatment_emergent_flag_is_a_check(flag: str, onset: str, differs: int):
    """Onset and start of treatment decide; the flag never does."""
    found = study(subject(), event(onset=onset, treatment_emergent=flag))

    assert found.counts.get("treatment_emergent_differs", 0) == differs


def test_terms_are_nfc_and_an_empty_one_is_named():
    """A long text is cut, and nothing of it refuses the event."""
    found = study(
        subject(), event(term="Sjo\u0308gren", verbatim="x" * 2000, system_organ_class=" ")
    )
    (record,) = found.of_type("adverse_event")

    assert record["preferred_term"] == "Sj\u00f6gren"
    assert record["system_organ_class"] == "NOT YET CODED"
    assert len(record["verbatim"]) == 1000
    assert found.counts.keys() >= {"not_coded", "text_too_long"}
