"""Tests the ways in which a mapping gives a field its value."""

from __future__ import annotations

import pytest

from streams.sources.mapping.mapping import StudyMapping
from streams.sources.report import IngestReport
from streams.sources.rows import EventRow, Place
from tests.streams.sources.mapping.mappings import (
    CELLS,
    event,
    events_toml,
    map_cells,
    refusals,
)


def test_columns_become_the_fields_of_a_row():
    """Place, subject, term and onset stand where the mapping puts them; the rest is empty."""
    assert event(events_toml()) == EventRow(
        place=Place("ae.csv", 2), subject="P-1", term="Headache", onset="2026-03-02"
    )


def test_a_constant_and_the_first_column_with_a_value():
    """A listing without a class gets one; a term that is not coded yet is the reported one."""
    toml = events_toml(
        fields='system_organ_class = { const = "UNKNOWN" }\nverbatim = { first = ["A", "B"] }'
    )

    assert event(toml, A=" ", B="kopfweh").system_organ_class == "UNKNOWN"
    assert event(toml, A=" ", B="kopfweh").verbatim == "kopfweh"


@pytest.mark.parametrize(
    ("cell", "end"),
    [("2026-03-31", "2026-04-01"), ("", ""), ("2026-03", "2026-03"), ("9999-12-31", "9999-12-31")],
)
def test_the_day_after_a_date(cell: str, end: str):
    """Listings give a last day, records the first day after; what is no whole date stays."""
    assert event(events_toml(fields='end = { day_after = "LAST" }'), LAST=cell).end == end


@pytest.mark.parametrize(
    ("parts", "onset"),
    [
        (("2026", "3", "7"), "2026-03-07"),
        (("2026", "Mar", "UN"), "2026-03"),
        (("2026", "", "7"), "2026"),
        (("", "3", "7"), ""),
        (("2026.0", "3.0", "7.0"), "2026-03-07"),
    ],
)
def test_a_date_in_three_columns_is_partial_from_its_first_unknown_part(
    parts: tuple[str, str, str], onset: str
):
    """A day without its month is no date."""
    toml = events_toml().replace('"ONSET"', '{ year = "Y", month = "M", day = "D" }')

    assert event(toml, **dict(zip("YMD", parts, strict=True))).onset == onset


def test_a_date_part_that_is_no_number_is_refused():
    """The column is named, the text is not."""
    toml = events_toml().replace('"ONSET"', '{ year = "Y", month = "M" }')

    assert refusals(toml, Y="2026", M="spring") == [("bad_date_part", "M")]


def test_the_strongest_relatedness_counts():
    """A case that one drug may have caused is related, whatever the others."""
    toml = events_toml(fields='relatedness = { strongest = ["REL1", "REL2", "REL3"] }')

    assert event(toml, REL1="No", REL2="Related", REL3="").relatedness == "possible"
    assert event(toml, REL1="", REL2="", REL3="").relatedness == ""
    assert refusals(toml, REL1="No", REL2="maybe") == [("unknown_code", "REL2")]


def test_missing_texts_are_no_value_in_any_column():
    """Codes for missing data are no codes of the field."""
    toml = events_toml(head='missing = ["NI", "UNK"]', fields='severity = "SEV"')

    assert event(toml, SEV="NI", ONSET="UNK").onset == ""
    assert event(toml, SEV="NI").severity == ""


def test_only_rows_that_where_selects_are_read_and_the_others_are_counted():
    """A row that is left out is a finding: none is lost without a word."""
    toml = events_toml(file='where = { FORM = ["AE", "SAE"], DONE = "1" }')
    report = IngestReport()

    assert len(map_cells(toml, CELLS | {"FORM": "SAE", "DONE": "1"}, report)) == 1
    assert map_cells(toml, CELLS | {"FORM": "DM", "DONE": "1"}, report) == []
    assert [(each.problem.code, each.column) for each in report.groups()] == [
        ("not_selected", "FORM, DONE")
    ]


def test_key_version_and_withdrawal_come_from_columns():
    """The subject is no part of the key: every row has it."""
    toml = events_toml(
        file='key = ["PATNO", "ID"]\nversion = "REV"\nremoved = { STATE = "deleted" }\n'
        'known_at = ["MODIFIED", "ENTERED"]'
    )
    row = event(toml, ID="7", REV="3", STATE="deleted", ENTERED="2026-03-05 10:00")

    assert (row.key, row.version, row.removed) == (("7",), "3", True)
    assert row.known == "2026-03-05T10:00"


def test_a_row_without_a_subject_is_refused_and_an_empty_row_is_not():
    """An event of nobody can be in no record; a line of delimiters is no event."""
    report = IngestReport()

    assert refusals(events_toml(), PATNO=" ") == [("no_subject", "PATNO")]
    assert map_cells(events_toml(), dict.fromkeys(CELLS, ""), report) == []
    assert [each.problem.code for each in report.groups()] == ["empty_row"]


def test_texts_are_compared_in_one_unicode_form():
    """A decomposed name of a column or of a code is the same name."""
    toml = events_toml(fields='verbatim = "VERBA\N{COMBINING ACUTE ACCENT}TIM"').replace(
        "A\N{COMBINING ACUTE ACCENT}", "\N{LATIN CAPITAL LETTER A WITH ACUTE}"
    )
    cell = "fie\N{COMBINING GRAVE ACCENT}vre"

    row = event(toml, VERBÁTIM=cell)

    assert row.verbatim == "fi\N{LATIN SMALL LETTER E WITH GRAVE}vre"


def test_the_columns_of_a_field_are_named_for_messages():
    """The rules name a cell by its column, not by the field of a row."""
    mapping = StudyMapping.parse(
        events_toml(
            file='known_at = ["MOD"]\nkey = ["ID"]',
            fields='verbatim = { first = ["A", "B"] }\ncriteria = { death = "DTH" }',
        )
    )
    fields = ("onset", "verbatim", "criteria", "known", "key", "severity")

    assert [mapping.column("ae.csv", EventRow, field) for field in fields] == [
        "ONSET", "A, B", "DTH", "MOD", "ID", "",
    ]  # fmt: skip
    assert mapping.column("dm.csv", EventRow, "onset") == ""
