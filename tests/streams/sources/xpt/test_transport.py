"""Tests the reader of SAS transport files on real files, against pyreadstat, and on edge cases."""

from __future__ import annotations

import tarfile
import tracemalloc
from math import nan
from pathlib import Path

import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sources.cells import number_text
from streams.sources.report import IngestReport
from streams.sources.sas_transport import ibm_number
from streams.sources.table import open_table
from tests.paths import shared
from tests.streams.sources.tables import read_cells, refusal
from tests.streams.sources.xpt.transport import Column, ibm, transport_file, write_ae

PILOT = ("adae", "adsl", "adtte", "ae", "dm", "ds", "ex", "suppae", "suppdm", "suppds")


def read_by_pyreadstat(path: Path) -> list[dict[str, str]]:
    """Return the cells of each row as pyreadstat reads them, with numbers and dates as texts."""
    columns, _ = pyreadstat.read_xport(str(path), output_format="dict")
    texts = {name: [_text(value) for value in values] for name, values in columns.items()}
    return [dict(zip(texts, row, strict=True)) for row in zip(*texts.values(), strict=True)]


def _text(value: object) -> str:
    if value is None:
        return ""
    return number_text(value) if isinstance(value, float) else str(value).strip()


@pytest.mark.parametrize("name", PILOT)
def test_the_pilot_reads_as_pyreadstat_reads_it(name: str):
    """Every cell of ten data sets is the same, dates of SAS included."""
    path = shared("data", "cdiscpilot01", "raw_xpt", f"{name}.xpt")

    assert read_cells(path) == read_by_pyreadstat(path)
    assert open_table(path).name == name.upper()


def test_version_8_reads(tmp_path: Path):
    """Texts of 230 and 1,200 characters are whole."""
    with tarfile.open(shared("data", "real_world_inputs", "v8long.xpt.tgz")) as archive:
        archive.extractall(tmp_path, filter="data")

    cells = read_cells(tmp_path / "v8long" / "ae.xpt")
    assert [len(each["AETERM"]) for each in cells] == [230, 1200]


def test_version_8_has_long_names(tmp_path: Path):
    """A name of more than eight characters is not cut."""
    path = tmp_path / "ae.xpt"
    path.write_bytes(transport_file([Column("A_LONG_NAME_OF_A_COLUMN")], [[b"x"]], version=8))

    assert read_cells(path) == [{"A_LONG_NAME_OF_A_COLUMN": "x"}]


def test_long_labels_of_version_8_are_passed_over(tmp_path: Path):
    """They stand between the descriptions of the variables and the rows."""
    path = tmp_path / "ae.xpt"
    labels = b"\0\1\0\6\0\x64AETERM" + b"Reported term ".ljust(100)
    path.write_bytes(transport_file([Column("AETERM")], [[b"x"]], version=8, labels=labels))

    assert read_cells(path) == [{"AETERM": "x"}]


def test_numbers_are_dates_only_where_the_column_says_so(tmp_path: Path):
    """By a format of SAS, or by a name of ADaM; an impossible day stays a number."""
    columns = [
        Column("AGE", is_number=True),
        Column("VISIT1", is_number=True, form="E8601DA"),
        Column("ASTDT", is_number=True),
        Column("ASTDTM", is_number=True, form="BEST"),
        Column("ADT", width=4, is_number=True, form="DATE"),
    ]
    rows = [[19725.0] * 5, [nan] * 5, [5e9, 5e9, 19725.5, -1.0, 0.0]]
    path = tmp_path / "ae.xpt"
    path.write_bytes(transport_file(columns, rows))

    assert [list(cells.values()) for cells in read_cells(path)] == [
        ["19725", "2014-01-02", "2014-01-02", "1960-01-01T05:28:45", "2014-01-02"],
        ["", "", "", "", ""],
        ["5000000000", "5000000000", "19725.5", "1959-12-31T23:59:59", "1960-01-01"],
    ]


@given(st.floats(min_value=-1e60, max_value=1e60).filter(lambda number: abs(number) > 1e-60))
def test_numbers_of_mainframes_are_what_they_were(number: float):
    """Their 56 bits hold all that a double has."""
    assert ibm_number(ibm(number)) == number


def test_blank_rows_at_the_end_are_no_rows(tmp_path: Path):
    """Blanks fill up the last record; a blank row before the last one is a row."""
    path = write_ae(tmp_path / "ae.xpt", b"a", b"", b"b", width=8)

    assert [cells["AETERM"] for cells in read_cells(path)] == ["a", "", "b"]


def test_a_file_without_rows_has_none(tmp_path: Path):
    """An empty data set is no mistake."""
    assert read_cells(write_ae(tmp_path / "ae.xpt")) == []


def test_a_file_with_two_data_sets_is_refused(tmp_path: Path):
    """The headers of the second would be read as rows of the first."""
    first = transport_file([Column("AETERM", 40)], [[b"a"], [b"b"]])
    path = tmp_path / "ae.xpt"
    path.write_bytes(first + first[240:])

    assert "several data sets" in refusal(path)


@pytest.mark.parametrize("cut", [1, 80, 200, 240, 320, 560, 640, 700, 800, 1000])
def test_a_file_cut_anywhere_is_refused(tmp_path: Path, cut: int):
    """Its last rows would be missing without a word."""
    whole = transport_file([Column("AETERM", 90)], [[b"a" * 90]] * 4)
    path = tmp_path / "ae.xpt"
    path.write_bytes(whole[:-cut])

    assert "copy it again" in refusal(path) or "empty" in refusal(path)


def test_memory_does_not_grow_with_the_file(tmp_path: Path):
    """Rows are read in blocks of a megabyte; a file of 40 MB takes a few."""
    columns = [Column("AETERM", 1_000), Column("AESEQ", is_number=True)]
    path = tmp_path / "ae.xpt"
    path.write_bytes(transport_file(columns, [[b"headache", 1.0]] * 40_000))

    tracemalloc.start()
    try:
        rows = sum(1 for _ in open_table(path).rows(IngestReport()))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (rows, peak < 8_000_000) == (40_000, True)
