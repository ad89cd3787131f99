"""Tests the draft of a mapping: it proposes what the files show, and guesses no day or month."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from streams.sources.csv_draft import draft_mapping
from streams.sources.csv_files import CsvStudy
from streams.sources.mapping.mapping import StudyMapping
from streams.sources.report import UnreadableSource
from streams.sources.rows import DoseRow, EventRow
from tests.paths import shared
from tests.streams.sources.csv.listings import found, read_rows


def draft_of(folder: Path, **files: str) -> str:
    """Write *files* to *folder*, and return the draft of their mapping."""
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return draft_mapping(folder)


def test_the_draft_of_the_pilot_differs_from_the_example_in_what_only_a_user_knows():
    """It finds all four listings, their fields, their keys and their three formats of dates."""
    folder = shared("data", "listings", "pharmaverseraw")
    draft = tomllib.loads(draft_mapping(folder))
    example = tomllib.loads((folder / "mapping_example.toml").read_text(encoding="utf-8"))
    drafted = {each["record"]: each for each in draft["file"]}
    shown = {each["record"]: each for each in example["file"]}

    assert {each["path"] for each in draft["file"]} == {each["path"] for each in example["file"]}
    assert shown["adverse_event"]["fields"].items() <= drafted["adverse_event"]["fields"].items()
    assert drafted["adverse_event"]["key"] == shown["adverse_event"]["key"]
    assert {each["record"]: each["dates"] for each in draft["file"]} == {
        "subject": ["%m/%d/%Y"],
        "adverse_event": ["%m/%d/%Y"],
        "disposition": ["%m-%d-%Y"],
        "dose": ["%d-%b-%Y"],
    }
    assert draft["arms"]["Screen Failure"] == ""
    assert draft["arms"].keys() == example["arms"].keys()


def test_the_draft_of_the_pilot_reads_its_rows_once_its_codes_are_chosen():
    """The choices stand as comments with all words of the column and all values of the record."""
    folder = shared("data", "listings", "pharmaverseraw")
    draft = draft_mapping(folder)
    for word in ("Mild", "Moderate", "Severe"):
        line = f'# "{word} Adverse Event" = "..."'
        assert line in draft
        draft = draft.replace(line, f'"{word} Adverse Event" = "{word.lower()}"')
    rows, report = read_rows(CsvStudy(mapping=StudyMapping.parse(draft), path=folder))

    assert sum(isinstance(row, EventRow) for row in rows) == 1191
    assert sum(isinstance(row, DoseRow) for row in rows) == 591
    assert not report.refused


def test_day_and_month_are_never_guessed(tmp_path: Path):
    """No day of this column is over 12: the draft shows both formats, and the ingest waits."""
    text = "subject,pt,onset,serious\nP-1,Rash,01/02/2026,Y\nP-2,Rash,03/04/2026,N\n"
    draft = draft_of(tmp_path, ae=text)
    _, report = read_rows(CsvStudy(mapping=StudyMapping.parse(draft), path=tmp_path))

    assert '# "onset": several formats fit' in draft
    assert '# dates = ["%m/%d/%Y"]\n# dates = ["%d/%m/%Y"]\n' in draft
    assert found(report) == [("unknown_date_format", True, "onset", (2, 3))]


def test_another_column_does_not_decide_for_an_ambiguous_one(tmp_path: Path):
    """Two columns of one file may be written by two systems."""
    text = "subject,pt,onset,end date,serious\nP-1,Rash,01/02/2026,20/02/2026,Y\n"

    assert "\ndates = " not in draft_of(tmp_path, ae=text)


def test_a_day_over_twelve_decides(tmp_path: Path):
    """What a value shows is no guess."""
    text = "subject,pt,onset,serious\nP-1,Rash,01/02/2026,Y\nP-2,Rash,13/02/2026,N\n"

    assert '\ndates = ["%d/%m/%Y"]\n' in draft_of(tmp_path, ae=text)


def test_what_is_not_recognised_is_shown_with_its_columns(tmp_path: Path):
    """A user sees which files and columns the draft leaves out."""
    draft = draft_of(
        tmp_path, ae="subject,pt,onset,serious,room\nP-1,Rash,2026-02-01,Y,7\n", lab="id,alt\nP,3\n"
    )

    assert '# "lab.csv": no record type was recognised by its columns:\n# "id", "alt"' in draft
    assert '# not used: "room"' in draft
    assert [each["name"] for each in tomllib.loads(draft)["file"]] == ["ae"]


def test_a_missing_field_is_a_line_to_complete(tmp_path: Path):
    """The mapping is refused until it is written, with the same name."""
    draft = draft_of(tmp_path, ae="subject,onset,serious,severity\nP-1,2026-02-01,Y,mild\n")

    assert '# preferred_term = "..."' in draft
    with pytest.raises(UnreadableSource, match="preferred_term is missing"):
        StudyMapping.parse(draft)


def test_semicolons_and_repeating_instruments_are_seen(tmp_path: Path):
    """Spreadsheets of Europe, and REDCap's rows of several forms in one file."""
    draft = draft_of(
        tmp_path,
        ae="record_id;redcap_repeat_instrument;redcap_repeat_instance;pt;onset;serious\n"
        "P-1;;;;;\nP-1;events;1;Rash;2026-02-01;1\n",
    )

    assert 'delimiter = ";"' in draft
    assert 'where = { redcap_repeat_instrument = "events" }' in draft
    assert 'key = ["record_id", "redcap_repeat_instance"]' in draft


def test_two_listings_of_subjects_and_quoted_headers_give_one_table_of_arms(tmp_path: Path):
    """Sites export files of their own, and many programs put all cells in quotes."""
    site = '"subject";"arm";"site"\n"P-{0}";"Drug; 10 mg";"{0}"\n'
    draft = tomllib.loads(draft_of(tmp_path, one=site.format(1), two=site.format(2)))

    assert draft["arms"] == {"Drug; 10 mg": "drug_10_mg"}
    assert [each["delimiter"] for each in draft["file"]] == [";", ";"]


def test_a_folder_without_listings_is_refused(tmp_path: Path):
    """The message says what to give."""
    with pytest.raises(UnreadableSource, match=r"no file \*\.csv"):
        draft_mapping(tmp_path)
