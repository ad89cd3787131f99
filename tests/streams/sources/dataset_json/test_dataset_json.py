"""Tests the reader of Dataset-JSON 1.1 on CDISC's examples and on hostile texts."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sources.report import IngestReport
from streams.sources.table import open_table
from tests.paths import shared
from tests.streams.sources.dataset_json.data_sets import COLUMNS, as_json, as_ndjson, header, write
from tests.streams.sources.tables import read_cells, read_problems, refusal

EXAMPLES = ["sdtm/ae", "sdtm/dm", "sdtm/ds", "sdtm/ec", "sdtm/ex", "adam/adae", "adam/adsl"]
FORMS = pytest.mark.parametrize("form", [as_json, as_ndjson])
CELLS = [
    {"USUBJID": "S-1", "AETERM": "Headache", "AESEQ": "1", "ASTDT": "2014-01-02"},
    {"USUBJID": "S-1", "AETERM": "Œdème", "AESEQ": "2", "ASTDT": ""},
    {"USUBJID": "S-2", "AETERM": "", "AESEQ": "10", "ASTDT": "2014-02"},
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_both_forms_of_the_examples_have_the_same_cells(example: str):
    """Seven data sets of CDISC, each as one object and line by line."""
    folder = shared("data", "cdisc_dataset_json", "raw")
    one = folder / f"{example}.json"

    cells = read_cells(one)
    assert cells == read_cells(folder / f"{example}.ndjson")
    assert len(cells) == json.loads(one.read_bytes())["records"]
    assert open_table(one).name == example.partition("/")[2].upper()


@FORMS
def test_numbers_and_missing_values_become_texts(form: Callable[[], str], tmp_path: Path):
    """Whole numbers have no fraction, null is empty."""
    assert read_cells(write(tmp_path / "ae.json", form())) == CELLS


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@FORMS
def test_a_byte_order_mark_is_no_obstacle(form: Callable[[], str], encoding: str, tmp_path: Path):
    """CDISC's own schema of the line form is in UTF-16; editors write the other mark."""
    assert read_cells(write(tmp_path / "ae.json", form().encode(encoding))) == CELLS


@FORMS
def test_one_text_that_is_not_utf_8_does_not_change_the_others(
    form: Callable[[], str], tmp_path: Path
):
    """It alone is read as Windows-1252, and named."""
    path = write(tmp_path / "ae.json", form().encode().replace(b"Headache", b"Na\xefve"))

    assert [cells["AETERM"] for cells in read_cells(path)] == ["Naïve", "Œdème", ""]
    assert read_problems(path) == {("not_utf8", "AETERM"): [1]}


def test_a_text_cut_in_a_character_is_named(tmp_path: Path):
    """It fills the length of its column, and its last byte begins a character."""
    path = write(tmp_path / "ae.json", as_json().encode().replace(b"Headache", b"Headache\xc3"))

    assert read_cells(path)[0]["AETERM"] == "Headache"
    assert read_problems(path) == {("cut_character", "AETERM"): [1]}


def test_days_as_numbers_are_dates_where_the_column_says_so(tmp_path: Path):
    """Some programs leave the day counts of SAS in a file."""
    columns = [*COLUMNS[:3], COLUMNS[3] | {"name": "VISIT1", "displayFormat": "DATE9."}]
    path = write(tmp_path / "ae.json", as_json([["S-1", "", 19725, 19725]], columns=columns))

    assert list(read_cells(path)[0].values()) == ["S-1", "", "19725", "2014-01-02"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (20140316123456789012, "20140316123456789012"),
        (9007199254740991.0, "9007199254740991"),
        (1e300, "1e+300"),
        (5.4, "5.4"),
        (-0.0, "0"),
        (True, "Y"),
        (False, "N"),
    ],
)
def test_a_number_keeps_its_digits(value: float, text: str, tmp_path: Path):
    """Identifiers are numbers in some exports; flags are true and false."""
    path = write(tmp_path / "ae.json", as_json([["S-1", "", value, None]]))

    assert read_cells(path)[0]["AESEQ"] == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5))
def test_any_text_is_what_it_was(texts: list[str]):
    """In one Unicode form and without blanks around it, in both forms of the file."""
    rows = [["S-1", text, 1, None] for text in texts]
    with TemporaryDirectory() as folder:
        for form in (as_json, as_ndjson):
            path = write(Path(folder) / "ae.json", form(rows))
            found = [cells["AETERM"] for cells in read_cells(path)]
            assert found == [normalize("NFC", text).strip() for text in texts]


def test_rows_may_precede_the_columns(tmp_path: Path):
    """The members of an object have no order."""
    rows = {"rows": [["S-1", "Headache", 1, None]]}
    path = write(tmp_path / "ae.json", json.dumps(rows | header(records=1)))

    assert read_cells(path) == [CELLS[0] | {"ASTDT": ""}]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (["S-1", "Headache", 1], ("row_length", "")),
        ({"USUBJID": "S-1"}, ("row_length", "")),
        (["S-1", ["Headache"], 1, None], ("no_cell", "AETERM")),
        (["S-1", {"term": "Headache"}, 1, None], ("no_cell", "AETERM")),
        (["S-1", "x" * 1_000_000, 1, None], ("cell_too_long", "AETERM")),
    ],
)
@FORMS
def test_a_row_that_cannot_be_read_is_refused(
    form: Callable[..., str], row: object, problem: tuple[str, str], tmp_path: Path
):
    """A term of a megabyte, a list for a text, a value too few: by row and column."""
    path = write(tmp_path / "ae.json", form([["S-1", "Headache", 1, None], row]))

    report = IngestReport()
    assert len(list(open_table(path).rows(report))) >= 1
    assert report.refused
    assert read_problems(path) == {problem: [2]}


def test_half_a_character_is_refused(tmp_path: Path):
    """A lone surrogate is in no text that a record can hold."""
    path = write(tmp_path / "ae.json", as_json().replace("Headache", "\\ud83d"))

    assert read_problems(path) == {("no_cell", "AETERM"): [1]}


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@FORMS
def test_10_000_levels_are_refused(form: Callable[[], str], opening: str, tmp_path: Path):
    """The message says so; the process goes on."""
    path = write(tmp_path / "ae.json", form().replace('"Headache"', opening * 10_000))

    assert "nested too deep" in refusal(path)


def test_a_value_without_end_is_refused(tmp_path: Path):
    """A text that fills gigabytes is given up after some megabytes."""
    path = write(tmp_path / "ae.json", as_json().replace("Headache", "x" * 9_000_000))

    assert "is longer than" in refusal(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (as_ndjson(records=4), "3 rows and says that it has 4"),
        (as_json()[:-3], "copied again as a whole"),
        (as_json() + as_json(), "something follows its end"),
        (as_ndjson()[:-9], "copied again as a whole"),
        (as_json(columns=[*COLUMNS[:3], COLUMNS[0]]), "the name of another one"),
        (as_json(columns=[{}]), "no name"),
        (as_json(columns="AETERM"), "no Dataset-JSON 1.1"),
        (as_json().replace("Headache", 'x", NaN, "'), "no valid JSON"),
        (as_json().replace("10.0", "1" * 5_000), "no valid JSON"),
        (as_json(datasetJSONVersion="1.0.0"), "Dataset-JSON before 1.1"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(text: str, message: str, tmp_path: Path):
    """The message says what is wrong, and what to do."""
    assert message in refusal(write(tmp_path / "ae.json", text))


@FORMS
def test_memory_does_not_grow_with_the_file(form: Callable[..., str], tmp_path: Path):
    """Both forms are read value by value."""
    path = write(tmp_path / "ae.json", form([["S-1", "Headache" * 100, 1, None]] * 20_000))

    tracemalloc.start()
    try:
        rows = sum(1 for _ in open_table(path).rows(IngestReport()))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (rows, peak < 6_000_000) == (20_000, True)
