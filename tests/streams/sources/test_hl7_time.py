"""Checks that points in time of HL7 become ISO 8601, and that other texts stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sources.hl7_time import iso_time

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=OFFSETS))  # noqa: DTZ001
def test_every_point_in_time_is_the_same_in_iso(time: datetime):
    """To the second, as HL7 writes it."""
    whole = time.replace(microsecond=0)

    assert datetime.fromisoformat(iso_time(whole.strftime("%Y%m%d%H%M%S%z"))) == whole


@given(st.text())
def test_a_text_that_is_no_time_stays(text: str):
    """Only the rules say what is wrong with it."""
    if not any(character.isdigit() for character in text):
        assert iso_time(text) == text


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2014", "2014"),
        ("2014101012", "2014-10-10T12:00:00"),
        ("201410101230+01", "2014-10-10T12:30:00+01:00"),
        ("20141010123059.123", "2014-10-10T12:30:59"),
        ("20141399", "2014-13-99"),
        ("2014-10-10", "2014-10-10"),
    ],
)
def test_what_is_stated_is_what_comes_out(text: str, iso: str):
    """A day that is in no calendar passes on, so that the rules report it."""
    assert iso_time(text) == iso


def test_the_example_of_the_standard():
    """With an offset from UTC."""
    assert datetime.fromisoformat(iso_time("20220614101010-0500")) == datetime(
        2022, 6, 14, 15, 10, 10, tzinfo=UTC
    )
