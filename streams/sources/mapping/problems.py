"""What a mapping finds in cells: each problem with its sentence and remedy."""

from __future__ import annotations

from streams.sources.report import Problem

UNKNOWN_CODE = Problem(
    "unknown_code",
    "a code has no meaning in the mapping",
    "add it to [file.codes] of its file, with the value of the record that it stands for, "
    'or to `missing` where it says nothing; "" = "" leaves the field out',
)
UNKNOWN_ARM = Problem(
    "unknown_arm",
    "a treatment is not in the mapping",
    'add it to [arms] with the treatment of the plan; "" is no treatment',
)
UNKNOWN_DATE_FORMAT = Problem(
    "unknown_date_format",
    "a date is written in a format that the mapping does not name",
    'add the format to `dates`, such as "%d-%b-%Y", or sas_days, sas_seconds or excel_days for '
    "day counts; a text that is no date goes to `missing`",
)
AMBIGUOUS_DATE = Problem(
    "ambiguous_date",
    "a date is two different days by two formats of the mapping",
    "give each column its own format: onset = { column = ..., dates = [...] }",
)
EXCHANGED_DATE = Problem(
    "exchanged_day_and_month",
    "a date has a month over 12, as if the mapping exchanged day and month",
    "exchange %d and %m in `dates`, or correct the date in its source",
)
BAD_DATE_PART = Problem(
    "bad_date_part",
    "a year, month or day is no number",
    "correct it in its source, or add the word for an unknown part to `missing`",
)
NO_SUBJECT = Problem(
    "no_subject",
    "a row names no subject",
    "give the subject in its source, or leave such rows out by `where`",
)
NO_TREATMENT = Problem(
    "no_treatment",
    "a row of a treatment names no treatment",
    "leave such rows out by `where`, or give treatment = { randomised = ... } for the treatment "
    "to which the subject was randomised",
)
EMPTY_ROW = Problem(
    "empty_row", "a row has no value in any column of the mapping", "it is left out"
)
NOT_SELECTED = Problem(
    "not_selected",
    "a row is selected by no `where` of the mapping",
    "it is left out; check that these rows hold no data of the types that are mapped",
)
