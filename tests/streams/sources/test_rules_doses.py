"""The rules on doses and their days, whatever the format."""

from __future__ import annotations

import pytest

from tests.streams.sources.builders import (
    Rows,
    dose,
    element,
    intervals,
    of_subject,
    study,
    subject,
)
from tests.streams.sources.ingested import ingest

ACTUAL_ARM = '\n[ingest]\ntreatment = "actual_arm"\n'
PARTICIPATION = '\n[ingest]\nfollow_up_end = "participation"\n'


def test_a_period_comes_from_the_dose_or_from_its_element():
    """EPOCH of EX, or where it has none, the element of SE in which the dose began."""
    open_label = element(period="OPEN LABEL TREATMENT", start="2014-03-01", end="2014-08-01")
    found = study(subject(), dose(last="2014-02-28"), dose(first="2014-03-01"), open_label)
    stated = study(
        subject(), dose(last="2014-02-28"), dose(first="2014-03-01", period="Open label")
    )

    for one in (found, stated):
        periods = {each["start"]: each["period"] for each in of_subject(one, "treatment")}
        assert periods == {"2014-01-02": "randomised", "2014-03-01": "open_label"}
    assert 'id = "open_label"' in found.plan


@pytest.mark.parametrize("fields", [{"amount": "0"}, {"given": "no"}])
def test_a_dose_of_zero_is_no_dose(fields: dict[str, str]):
    """Nor is it time on treatment."""
    found = study(subject(), dose(last="2014-02-28"), dose(first="2014-03-01", **fields))

    assert len(of_subject(found, "dose")) == 1
    assert intervals(found) == [("drug", "2014-01-02", "2014-03-01")]
    assert found.counts.keys() & {"zero_dose", "dose_not_given"}


def test_a_dose_of_zero_of_placebo_counts():
    """Its amount of active substance is 0, as EX of many studies says."""
    found = study(dose("Z", "Placebo", amount="0"))

    assert of_subject(found, "dose", "Z")[0]["amount"] == 0
    assert "zero_dose" not in found.counts


SALINE = (subject("S", "Saline", treatment_start=""), dose("S", "0.9% NaCl", amount="0"))


@pytest.mark.parametrize("control", ["Saline", "saline"])
def test_a_dose_of_zero_of_the_control_counts_whatever_its_name(control: str):
    """The user names the control: it is not called placebo in every study, and is not lost."""
    found = study(subject(), dose(), *SALINE, control=control)

    assert intervals(found, "S") == [("saline", "2014-01-02", "2014-07-03")]
    assert of_subject(found, "dose", "S")[0]["amount"] == 0
    assert found.group("zero_dose_of_control").rows == (5,)
    assert "zero_dose" not in found.counts


def test_a_given_plan_names_the_control_too():
    """Also where it comes from the log of an earlier ingest."""
    rows = (subject(), dose(), *SALINE)
    first = study(*rows, control="Saline")
    for found in (study(*rows, plan=first.plan), ingest(Rows(rows), earlier=first.records[:1])):
        assert intervals(found, "S") == [("saline", "2014-01-02", "2014-07-03")]
        assert len(of_subject(found, "dose", "S")) == 1


def test_a_dose_of_zero_of_another_arm_is_still_none():
    """Only the control is without an active substance."""
    found = study(subject(), dose(amount="0"), *SALINE, control="Saline")

    assert of_subject(found, "dose") == []
    assert found.group("zero_dose").rows == (3,)


@pytest.mark.parametrize("last", ["", "9999-12-31", "2014-06", "ongoing"])
def test_a_missing_end_is_open(last: str):
    """No day is invented, and a sentinel is no day."""
    found = study(subject(), dose(last=last))

    assert intervals(found) == [("drug", "2014-01-02", "")]
    assert found.counts["dose_without_end"] == 1


def test_a_missing_end_lasts_until_the_next_treatment():
    """A subject who switches has left the first treatment."""
    found = study(subject(), dose(last=""), dose(treatment="Placebo", first="2014-03-01"))

    assert intervals(found)[0] == ("drug", "2014-01-02", "2014-03-01")


def test_treatment_starts_with_the_earliest_valid_dose():
    """Where RFXSTDTC is at odds with the doses, or partial, they decide."""
    for stated, finding in (("2014-01-05", "start_differs"), ("2014-01", "start_unknown")):
        found = study(subject(treatment_start=stated), dose(first="2014"), dose(first="2014-01-10"))

        assert intervals(found)[0][1] == "2014-01-10"
        assert found.counts[finding] == found.counts["dose_without_start"] == 1


def test_a_start_is_never_invented():
    """A subject without a whole day of treatment has no interval."""
    found = study(subject(treatment_start="2014-01"), dose(first="2014-01"))

    assert intervals(found) == []
    assert found.counts["randomised_not_treated"] == 1
