"""Tests how ADSL and ADAE become rows: which variables count, and what was imputed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from streams.sources.adam import AdamReader
from streams.sources.report import IngestReport, UnreadableSource
from streams.sources.rows import DispositionRow, DoseRow, EventRow, SubjectRow
from tests.paths import shared
from tests.streams.sources.adam.adam_folder import ADAE, ADSL, Row, write_adam

RowT = TypeVar("RowT", SubjectRow, DoseRow, EventRow, DispositionRow)


def rows_of(folder: Path, kind: type[RowT]) -> list[RowT]:
    """Return the rows of *kind* that are read from *folder*."""
    return [row for row in AdamReader(folder).study_rows(IngestReport()) if isinstance(row, kind)]


def event(folder: Path, **cells: str | None) -> EventRow:
    """Return the one event of a study whose row of ADAE has *cells*."""
    [row] = rows_of(write_adam(folder, adae=[ADAE | cells]), EventRow)
    return row


def subject(folder: Path, **cells: str | None) -> SubjectRow:
    """Return the one subject of a study whose row of ADSL has *cells*."""
    [row] = rows_of(write_adam(folder, adsl=[ADSL | cells]), SubjectRow)
    return row


@pytest.mark.parametrize(
    ("cells", "onset"),
    [
        ({}, "2014-02-01"),
        ({"ASTDTF": "D"}, "2014-02"),
        ({"ASTDTF": "M"}, "2014"),
        ({"ASTDTF": "Y"}, ""),
        ({"ASTDTF": None}, "2014-02-01"),
        ({"AESTDTC": "2014-02", "ASTDTF": "D"}, "2014-02"),
        ({"ASTDT": None, "ASTDTM": "2014-02-03T10:00:00", "ASTDTF": "D"}, "2014-02"),
    ],
)
def test_what_adam_imputed_is_not_known(cells: Row, onset: str, tmp_path: Path):
    """A day that nobody wrote down is never invented; the source's own text comes first."""
    assert event(tmp_path, **cells).onset == onset


def test_imputed_dates_of_subjects_are_not_known_either(tmp_path: Path):
    """The same flags stand beside the dates of ADSL."""
    row = subject(tmp_path, TRTSDTF="D", DTHDT="2014-03-05", DTHDTF="M", DTHFL="Y")

    assert (row.treatment_start, row.died, row.died_flag) == ("2014-01", "2014", "yes")


@pytest.mark.parametrize(
    ("cells", "key", "sequence"),
    [
        ({}, (), "1"),
        ({"AESPID": "E07"}, ("E07",), "1"),
        ({"AESPID": None, "AEGRPID": "G1"}, ("G1",), "1"),
        ({"AESEQ": None}, (), ""),
    ],
)
def test_an_event_has_the_id_that_sdtm_would_have(
    cells: Row, key: Sequence[str], sequence: str, tmp_path: Path
):
    """AESPID, then AEGRPID, then AESEQ."""
    row = event(tmp_path, **cells)

    assert (row.key, row.sequence) == (key, sequence)


@pytest.mark.parametrize(
    ("cells", "flag"),
    [({}, ""), ({"TRTEMFL": "Y"}, "yes"), ({"TRTEMFL": "N"}, "no"), ({"TRTEMFL": None}, "no")],
)
def test_a_blank_flag_of_emergence_is_no(cells: Row, flag: str, tmp_path: Path):
    """ADaM writes Y or nothing; without the variable nothing is checked."""
    assert event(tmp_path, **cells).treatment_emergent == flag


def test_seriousness_has_its_criteria(tmp_path: Path):
    """Every criterion counts, in any case, though AESER says no."""
    row = event(tmp_path, AESER="n", AESHOSP="Yes", AESDTH="N", AESMIE="y")

    assert row.serious == "no"
    assert row.criteria == ("hospitalisation", "medically_important")


def test_a_word_in_no_code_list_is_refused(tmp_path: Path):
    """By its column and row, and without the word."""
    report = IngestReport()
    folder = write_adam(tmp_path, adae=[ADAE, ADAE | {"AESEV": "AWFUL"}])
    list(AdamReader(folder).study_rows(report))

    [group] = report.groups()
    assert (group.refused, group.column, group.rows) == (True, "AESEV", (2,))


def test_one_period_is_one_exposure(tmp_path: Path):
    """From the first day of treatment to the last; the arm names the treatment."""
    folder = write_adam(tmp_path, adsl=[ADSL, ADSL | {"USUBJID": "S-2", "TRTSDT": None}])

    [row] = rows_of(folder, DoseRow)
    assert (row.subject, row.treatment) == ("S-1", "")
    assert (row.first, row.last) == ("2014-01-02", "2014-03-01")


def test_each_period_of_a_crossover_is_an_exposure(tmp_path: Path):
    """A subject who left after the first has no second."""
    crossover = {
        "TRT01A": "Drug",
        "TR01SDT": "2014-01-02",
        "TR01EDT": "2014-01-30",
        "TRT02A": "Placebo",
        "TR02SDT": "2014-02-10",
        "TR02EDT": "2014-03-01",
    }
    left = {"USUBJID": "S-2", "TR02SDT": None, "TR02EDT": None}
    folder = write_adam(tmp_path, adsl=[ADSL | crossover, ADSL | crossover | left])

    found = rows_of(folder, DoseRow)
    assert [(row.subject, row.treatment, row.first) for row in found] == [
        ("S-1", "Drug", "2014-01-02"),
        ("S-1", "Placebo", "2014-02-10"),
        ("S-2", "Drug", "2014-01-02"),
    ]


@pytest.mark.parametrize(
    ("cells", "status"),
    [
        ({}, ["completed"]),
        ({"EOSSTT": "DISCONTINUED", "DCSREAS": "Death"}, ["died"]),
        ({"EOSSTT": "DISCONTINUED", "DCSREAS": "Moved away"}, ["other"]),
        ({"EOSSTT": None, "DCDECOD": "LOST TO FOLLOW-UP"}, ["lost"]),
        ({"EOSSTT": "ONGOING"}, []),
        ({"EOSSTT": None}, []),
    ],
)
def test_how_follow_up_ended(cells: Row, status: Sequence[str], tmp_path: Path):
    """Nothing has ended for a subject whose follow-up goes on."""
    found = rows_of(write_adam(tmp_path, adsl=[ADSL | cells]), DispositionRow)

    assert [row.status for row in found] == status


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        (("cdisc_dataset_json", "raw", "sdtm"), "it has DM: tocsin ingest sdtm"),
        (("cdisc_dataset_json", "raw", "adam"), "two files for ADAE, adae.json and adae.ndjson"),
        (("e2b_r3_fda_samples", "raw"), r"this is E2B\(R3\): tocsin ingest e2b"),
        (("cgd", "events.csv"), "is not a folder.*this is a listing as CSV: tocsin ingest csv"),
        (("no such",), "No such file"),
    ],
)
def test_a_wrong_folder_is_called_what_it_is(folder: tuple[str, ...], message: str):
    """The message names the command that reads it."""
    path = shared("data").joinpath(*folder)

    with pytest.raises(UnreadableSource, match=message):
        list(AdamReader(path).study_rows(IngestReport()))


def test_a_missing_variable_is_named(tmp_path: Path):
    """All names that would do are in the message."""
    folder = write_adam(tmp_path, adae=[{"USUBJID": "S-1", "AEDECOD": "HEADACHE"}])

    with pytest.raises(UnreadableSource, match="ADAE has no variable AESTDTC or ASTDT or ASTDTM"):
        list(AdamReader(folder).study_rows(IngestReport()))


def test_messages_name_the_columns_of_a_field():
    """The rules know fields only; the reader knows their columns."""
    reader = AdamReader(Path())

    assert reader.column("adae.xpt", EventRow, "onset") == "AESTDTC or ASTDT or ASTDTM"
    assert reader.column("adsl.xpt", SubjectRow, "died") == "DTHDT or DTHDTC"
    assert reader.column("adsl.xpt", DoseRow, "unit") == ""
