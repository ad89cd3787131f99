"""The rules on when something was known, whatever the format."""

from __future__ import annotations

from tests.streams.sources.builders import case, dose, event, of_subject, study, subject


def test_an_event_without_a_date_of_report_is_known_on_its_onset():
    """And never before its study knew the subject: an old onset stays a finding."""
    found = study(subject(), event(known=""), event(known="", onset="2009-05-01", sequence="2"))
    first, second = found.of_type("adverse_event")

    assert (first["onset"], first["known_at"][:10]) == ("2009-05-01", "2014-01-01")
    assert (second["onset"], second["known_at"][:10]) == ("2014-02-01", "2014-02-01")
    assert found.counts["no_date_of_report"] == 2
    assert found.counts["onset_before_subject_known"] == 1


def test_a_report_before_its_subject_is_known_when_the_subject_is():
    """A typing error in the year of AEDTC must not begin the study years ago."""
    found = study(subject(), event(known="2004-02-02"))

    assert found.of_type("adverse_event")[0]["known_at"] == "2014-01-01T00:00:00Z"
    assert found.counts["reported_before_subject_known"] == 1


def test_an_instant_with_a_zone_is_kept_in_utc():
    """An audit record says when; a clock without a zone is only a day."""
    assert case(event(known="2014-02-02T23:30:00-05:00"))["known_at"] == "2014-02-03T04:30:00Z"
    assert case(event(known="2014-02-02T23:30"))["known_at"] == "2014-02-02T00:00:00Z"


def test_a_subject_that_nobody_enrolled_keeps_its_cases():
    """A serious event of a subject without a row in DM still has its alert."""
    found = study(subject(), event("B"))

    assert of_subject(found, "adverse_event", "B")
    assert found.counts["no_subject_row"] == 1


def test_ticks_lead_across_a_silence():
    """Two subjects show that the days after it came; the plan's step is 180 days."""
    later = [
        subject(name, "Drug", treatment_start="2015-06-01", follow_up_end="", known="2015-06-01")
        for name in ("B", "C")
    ]
    found = study(subject(), dose(), *later)

    assert [one["date"] for one in found.of_type("tick")] == ["2014-07-01", "2014-12-29"]


def test_no_tick_leads_to_a_single_wrong_date():
    """A year typed wrong must not carry the whole study there."""
    found = study(subject(), event(known="2094-02-01"))

    assert [one["date"] for one in found.of_type("tick")] == ["2014-07-01"]
