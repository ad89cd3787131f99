"""Tests dates: whole texts in the formats that the mapping names, and nothing guessed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sources.mapping.dates import DateFormats, date_reader
from streams.sources.mapping.errors import MappingError
from streams.sources.report import Problem

DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31))


def read(text: str, *formats: str) -> str:
    """Return the date in *text*, or the code of its refusal."""
    value = DateFormats(formats).read(text)
    return value.code if isinstance(value, Problem) else value


@pytest.mark.parametrize(
    ("text", "format", "iso"),
    [
        ("01/03/2014", "%m/%d/%Y", "2014-01-03"),
        ("1/3/2014", "%d/%m/%Y", "2014-03-01"),
        ("02-Jan-2014", "%d-%b-%Y", "2014-01-02"),
        ("02JAN2014", "%d%b%Y", "2014-01-02"),
        ("2 january 2014", "%d %B %Y", "2014-01-02"),
        ("JAN-2014", "%b-%Y", "2014-01"),
        ("UN-JAN-2014", "%d-%b-%Y", "2014-01"),
        ("UN-UNK-2014", "%d-%b-%Y", "2014"),
        ("00/00/2014", "%d/%m/%Y", "2014"),
        ("16-UNK-2014", "%d-%b-%Y", "2014"),
        ("03.04.26", "%d.%m.%y", "2026-04-03"),
        ("03.04.71", "%d.%m.%y", "1971-04-03"),
        ("02JAN2014:07:05:09", "%d%b%Y:%H:%M:%S", "2014-01-02T07:05:09"),
        ("1/3/2014 12:30 am", "%m/%d/%Y %I:%M %p", "2014-01-03T00:30"),
        ("1/3/2014 12:30 PM", "%m/%d/%Y %I:%M %p", "2014-01-03T12:30"),
        ("19725", "sas_days", "2014-01-02"),
        ("19725.0", "sas_days", "2014-01-02"),
        ("1704240000", "sas_seconds", "2014-01-02T00:00:00"),
        ("41641", "excel_days", "2014-01-02"),
    ],
)
def test_a_date_is_read_in_its_format(text: str, format: str, iso: str):
    """Unknown parts are left out from the first on; a day count is one where the column says so."""
    assert read(text, format) == iso


@pytest.mark.parametrize(
    "text",
    [
        "2014", "2014-01", "2014-01-03", "20140103", "2014---16", "2014-01-03T10:15",
        "2014-01-03T10:15:30Z", "2014-01-03T10:15+02:00",
    ],
)  # fmt: skip
def test_iso_dates_pass_whatever_the_formats(text: str):
    """Raw exports are ISO 8601 though the form shows another format; the rules interpret them."""
    assert read(text, "%m/%d/%Y") == text


def test_a_blank_between_day_and_time_is_iso():
    """REDCap and SQL write `2026-03-05 10:00`."""
    assert read("2026-03-05 10:00") == "2026-03-05T10:00"


@pytest.mark.parametrize(
    ("text", "formats", "code"),
    [
        ("01/03/2014", (), "unknown_date_format"),
        ("01-03-2014", ("%m/%d/%Y",), "unknown_date_format"),
        ("3 Jan 14", ("%d-%b-%Y",), "unknown_date_format"),
        ("19725", ("%d-%b-%Y",), "unknown_date_format"),
        ("01/03/2014", ("%m/%d/%Y", "%d/%m/%Y"), "ambiguous_date"),
        ("13/03/2014", ("%m/%d/%Y",), "exchanged_day_and_month"),
    ],
)
def test_what_could_be_another_day_is_refused(text: str, formats: tuple[str, ...], code: str):
    """One date in the wrong order shows that all dates are read so: nothing is written."""
    assert read(text, *formats) == code


def test_one_day_by_two_formats_is_no_ambiguity():
    """The third of March is the same in both orders."""
    assert read("03/03/2014", "%m/%d/%Y", "%d/%m/%Y") == "2014-03-03"
    assert read("13/03/2014", "%m/%d/%Y", "%d/%m/%Y") == "2014-03-13"


@pytest.mark.parametrize("text", ["2026-02-30", "ongoing", "after week 3", "2014-01-03 or so"])
def test_what_is_no_date_goes_to_the_rules_as_it_is(text: str):
    """They leave it out and name row and column; no prefix of it becomes a date."""
    assert read(text, "%m/%d/%Y") == text


def test_an_impossible_day_in_a_format_goes_to_the_rules_as_iso():
    """The thirtieth of February is in no calendar, in whatever format."""
    assert read("02/30/2014", "%m/%d/%Y") == "2014-02-30"


@given(DAYS, st.sampled_from(["%m/%d/%Y", "%d.%m.%Y", "%d-%b-%Y", "%d %B %Y", "%Y/%d/%m"]))
def test_a_day_comes_back_from_every_format(day: date, format: str):
    """What is written with strftime is read as the same day."""
    assert date_reader(format)(day.strftime(format)) == day.isoformat()


@given(DAYS)
def test_a_day_comes_back_from_a_day_count(day: date):
    """A SAS day count is the number of days since 1 January 1960."""
    assert read(str((day - date(1960, 1, 1)).days), "sas_days") == day.isoformat()
    assert day == date(1960, 1, 1) + timedelta(days=(day - date(1960, 1, 1)).days)


@given(st.text(max_size=40))
def test_any_text_is_a_date_a_refusal_or_itself(text: str):
    """No text makes the reader fail."""
    formats = ["%m/%d/%Y", "%d-%b-%y", "%d%b%Y:%H:%M:%S", "sas_seconds"]

    assert isinstance(DateFormats(formats).read(text), str | Problem)


@pytest.mark.parametrize(
    ("format", "message"),
    [
        ("%m/%d", "no year"),
        ("%q/%Y", "%q"),
        ("%Y-%m-%m", "twice"),
        ("sas_day", "perhaps `sas_days`"),
        ("DD/MM/YYYY", "no year"),
    ],
)
def test_a_format_that_is_none_is_refused(format: str, message: str):
    """A mapping with it could read no date."""
    with pytest.raises(MappingError, match=message):
        DateFormats([format])
