"""Tests that a CSV file is read as it is, or refused where it could be read in two ways."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.sources.mapping.mapping import StudyMapping
from streams.sources.report import UnreadableSource
from streams.sources.rows import EventRow
from tests.streams.sources.csv.listings import (
    HEADER,
    ROW,
    event_study,
    found,
    read_rows,
    shared_study,
)
from tests.streams.sources.mapping.mappings import events_toml


def verbatims(folder: Path, content: bytes, encoding: str | None = None) -> list[str]:
    """Return the column NOTE of a listing with the bytes *content*."""
    rows, _ = read_rows(event_study(folder, content, encoding=encoding))
    return [row.verbatim for row in rows if isinstance(row, EventRow)]


@pytest.mark.parametrize(
    "content",
    [
        HEADER + ROW,
        HEADER.replace(b"\n", b"\r\n") + ROW.replace(b"\n", b"\r\n"),
        HEADER + ROW.rstrip(b"\n"),
        b"\xef\xbb\xbf" + HEADER + ROW,
        (HEADER + ROW).decode().encode("utf-16"),
        (HEADER + b"\n\n" + ROW + b",,,\n"),
        HEADER.replace(b"PATNO", b' "PATNO" '.strip()) + ROW,
        HEADER.rstrip(b"\n") + b",,\n" + ROW.rstrip(b"\n") + b",,,,\n",
    ],
)
def test_line_ends_marks_and_blank_rows_change_nothing(tmp_path: Path, content: bytes):
    """Exports differ in what carries no data."""
    rows, report = read_rows(event_study(tmp_path, content))

    assert [(row.subject, row.place.file) for row in rows] == [("P-1", "ae.csv")]
    assert not report.refused


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path):
    """The header is row 1; a blank line has a number too."""
    rows, _ = read_rows(event_study(tmp_path, HEADER + ROW + b"\n" + ROW))

    assert [row.place.row for row in rows] == [2, 4]


def test_a_cell_may_hold_delimiters_quotes_and_line_breaks(tmp_path: Path):
    """What stands in quotes is one cell."""
    note = b'P-1,Headache,2026-03-02,"left, ""dull""\nsince Monday"\n'

    assert verbatims(tmp_path, HEADER + note) == ['left, "dull"\nsince Monday']


def test_each_value_is_decoded_by_itself(tmp_path: Path):
    """One cell from another system does not decide how the others are read."""
    cells = ["\u00dcbelkeit".encode(), "\u00dcbelkeit".encode("cp1252"), "Sj\u00f6gren".encode()]
    content = HEADER + b"".join(ROW.replace(b",\n", b"," + cell + b"\n") for cell in cells)
    rows, report = read_rows(event_study(tmp_path, content))

    assert [row.verbatim for row in rows if isinstance(row, EventRow)] == [
        "\u00dcbelkeit",
        "\u00dcbelkeit",
        "Sj\u00f6gren",
    ]
    assert found(report) == [("not_utf8", False, "NOTE", (3,))]


def test_a_text_cut_in_a_character_is_read_without_it(tmp_path: Path):
    """Its other characters are UTF-8, so its last byte is no letter of another encoding."""
    cut = "SJ\u00d6GREN'S \u00dc".encode()[:-1]
    rows, report = read_rows(event_study(tmp_path, HEADER + ROW.replace(b",\n", b"," + cut)))

    assert [row.verbatim for row in rows if isinstance(row, EventRow)] == ["SJ\u00d6GREN'S"]
    assert found(report) == [("cut_character", False, "NOTE", (2,))]


@pytest.mark.parametrize("encoding", ["cp1250", "shift_jis", "utf-16-le"])
def test_an_encoding_that_the_user_names_is_used(tmp_path: Path, encoding: str):
    """Nothing is guessed where the user knows."""
    text = {"cp1250": "\u017ealudek", "shift_jis": "\u982d\u75db"}.get(encoding, "\u017eal\u982d")
    content = (HEADER.decode() + f"P-1,Headache,2026-03-02,{text}\n").encode(encoding)

    assert verbatims(tmp_path, content, encoding) == [text]


def test_a_mapping_names_encoding_and_delimiter(tmp_path: Path):
    """A spreadsheet in German writes semicolons and Windows-1252."""
    toml = events_toml(head='delimiter = ";"\nencoding = "cp1252"', fields='verbatim = "NOTE"')
    content = HEADER.replace(b",", b";") + b"P-1;Headache;2026-03-02;\x80bel\n"
    rows, report = read_rows(event_study(tmp_path, content, toml))

    assert [row.verbatim for row in rows if isinstance(row, EventRow)] == ["\u20acbel"]
    assert found(report) == []


def test_a_row_with_too_few_or_too_many_cells_is_refused(tmp_path: Path):
    """Nobody can know which cell belongs to which column; all such rows are named."""
    content = HEADER + ROW + b"P-2,Rash\n" + b"P-3,Rash,left,2026-03-02,x\n" + ROW
    rows, report = read_rows(event_study(tmp_path, content))

    assert len(rows) == 2
    assert found(report) == [("ragged_row", True, "", (3, 4))]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "this is an empty file"),
        (b"\n\n", "this is an empty file"),
        (b",,,\nP-1,Rash,,\n", "has no header"),
        (b"PATNO,TERM,TERM,ONSET,NOTE\n", "two columns TERM: rename one"),
        (b"PATNO,TERM,ONSET\n", "no column NOTE"),
        (b"PATNO;TERM;ONSET;NOTE\n", "delimiter = ';'"),
        (HEADER + b"P-1,Head\0ache,2026-03-02,\n", "line 2: a NUL byte"),
        ((HEADER + ROW).decode().encode("utf-16-le"), "NUL byte"),
        (HEADER + ROW + b'P-1,"Headache,2026-03-02,\n', "row 3: a quote is opened"),
        (HEADER + b'P-1,"Head"ache,2026-03-02,\n', "row 2: text follows a closing quote"),
        (HEADER + b"P-1," + b"x" * 200_000 + b",2026-03-02,\n", "row 2: a cell is longer"),
        (HEADER + b"P-1," + b"x" * (1 << 20) + b",2026-03-02,\n", "line 2: the line has"),
        (HEADER + b'P-1,"' + b"x\n" * 100_000, "row 2: a cell is longer"),
        (b"\xff\xfe\x00\xd8" + HEADER, "not in the encoding utf-16"),
        (b"%PDF-1.7\n", "this is a PDF"),
        (b'{"datasetJSONVersion": "1.1.0"}', "this is Dataset-JSON 1.1"),
        (b"PK\x03\x04 xl/workbook.xml", "this is an Excel workbook"),
    ],
)
def test_a_file_that_is_no_listing_is_refused_with_a_message(
    tmp_path: Path, content: bytes, message: str
):
    """The message says where, and what to do."""
    with pytest.raises(UnreadableSource, match=message):
        read_rows(event_study(tmp_path, content))


def test_a_long_cell_is_refused_by_its_row_and_column(tmp_path: Path):
    """A document in a cell is no term; the other rows are still checked."""
    content = HEADER + ROW.replace(b",\n", b"," + b"x" * 40_000 + b"\n") + ROW
    _, report = read_rows(event_study(tmp_path, content))

    assert found(report) == [("cell_too_long", True, "NOTE", (2,))]


def test_paths_and_encodings_that_cannot_be_are_refused(tmp_path: Path):
    """A missing file, an unknown encoding, and one file where the mapping names several."""
    study = event_study(tmp_path, HEADER + ROW)
    (tmp_path / "ae.csv").rename(tmp_path / "other.csv")
    several = shared_study("pharmaverseraw").mapping

    with pytest.raises(UnreadableSource, match="cannot be read"):
        read_rows(study)
    with pytest.raises(UnreadableSource, match="--encoding latin-99"):
        read_rows(event_study(tmp_path, HEADER + ROW, encoding="latin-99"))
    with pytest.raises(UnreadableSource, match="names several: give their folder"):
        read_rows(type(study)(mapping=several, path=tmp_path / "other.csv"))
    with pytest.raises(UnreadableSource, match="two encodings or delimiters"):
        read_rows(
            type(study)(mapping=StudyMapping.parse(two_delimiters()), path=tmp_path / "other.csv")
        )


def two_delimiters() -> str:
    """Return a mapping that gives one file two delimiters."""
    other = events_toml(file='delimiter = ";"').lstrip()
    return events_toml(fields='verbatim = "NOTE"') + other


def test_a_single_file_is_read_whatever_its_name(tmp_path: Path):
    """An export has the day in its name; the mapping does not change for it."""
    study = event_study(tmp_path, HEADER + ROW)
    renamed = (tmp_path / "ae.csv").rename(tmp_path / "ae_2026-11-30.csv")
    rows, _ = read_rows(type(study)(mapping=study.mapping, path=renamed))

    assert len(rows) == 1
