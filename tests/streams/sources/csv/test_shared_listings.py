"""Tests real listings: those of the CDISC pilot row by row against its SDTM, and REDCap's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

import pytest

from streams.sources.codes import find_code
from streams.sources.rows import AnyRow, DispositionRow, DoseRow, EventRow, SubjectRow, TreatmentRow
from tests.scenarios.realdata import ARMS, shared_table
from tests.streams.sources.csv.listings import found, read_rows, shared_study

Row = TypeVar("Row", bound=AnyRow)

CRITERIA = {
    "AESDTH": "death",
    "AESLIFE": "life_threatening",
    "AESHOSP": "hospitalisation",
    "AESDISAB": "disability",
    "AESCONG": "congenital_anomaly",
}
MONTHS_LOST = 15
"""Onsets that SDTM knows to the month: the raw listing leaves their cell empty."""


@pytest.fixture(scope="module", name="rows")
def _rows() -> list[AnyRow]:
    """Return all rows of the raw listings of the pilot by the example of their mapping."""
    rows, report = read_rows(shared_study("pharmaverseraw"))
    assert not report.refused
    return rows


def of_type(rows: Iterable[AnyRow], kind: type[Row]) -> list[Row]:
    """Return the rows of type *kind*."""
    return [row for row in rows if isinstance(row, kind)]


def sdtm_event(row: dict[str, str]) -> tuple[object, ...]:
    """Return what a row of AE says, onset last."""
    return (
        row["USUBJID"].removeprefix("01-"),
        row["AETERM"],
        row["AEDECOD"],
        row["AEBODSYS"],
        row["AEENDTC"],
        row["AEDTC"],
        find_code("serious", row["AESER"]),
        {name for column, name in CRITERIA.items() if row[column] == "Y"},
        find_code("severity", row["AESEV"]),
        find_code("relatedness", row["AEREL"]),
        find_code("outcome", row["AEOUT"]),
        row["AESTDTC"],
    )


def raw_event(row: EventRow) -> tuple[object, ...]:
    """Return what a row of the listing says, onset last."""
    return (
        row.subject,
        row.verbatim.upper(),
        row.term,
        row.system_organ_class,
        row.end,
        row.known,
        row.serious,
        set(row.criteria),
        row.severity,
        row.relatedness,
        row.outcome,
        row.onset,
    )


def test_the_raw_listing_has_every_event_of_ae_but_for_onsets_known_to_the_month(
    rows: list[AnyRow],
):
    """1,191 rows agree in all fields; 15 onsets are a month in SDTM and empty in the listing."""
    raw = Counter(map(repr, map(raw_event, of_type(rows, EventRow))))
    sdtm = Counter(map(repr, map(sdtm_event, shared_table("cdiscpilot01", "ae.csv"))))
    months = [row for row in shared_table("cdiscpilot01", "ae.csv") if len(row["AESTDTC"]) == 7]
    lost = Counter(repr((*sdtm_event(row)[:-1], "")) for row in months)

    assert raw.total() == sdtm.total() == 1191
    assert len(months) == MONTHS_LOST
    assert raw - sdtm == lost
    assert sdtm - raw == Counter(repr(sdtm_event(row)) for row in months)


def test_the_raw_listing_has_the_serious_events_of_ae(rows: list[AnyRow]):
    """Three say they are serious, three more are fatal; criteria contradict the flag as in AE."""
    events = of_type(rows, EventRow)
    fatal = [row for row in events if row.outcome == "fatal" or "death" in row.criteria]

    assert Counter(row.serious for row in events) == {"no": 1188, "yes": 3}
    assert len(fatal) == 3
    assert sum(bool(row.criteria) and row.serious == "no" for row in events) == sum(
        row["AESER"] == "N" and "Y" in [row[column] for column in CRITERIA]
        for row in shared_table("cdiscpilot01", "ae.csv")
    )


def test_the_raw_listing_has_the_subjects_and_arms_of_dm(rows: list[AnyRow]):
    """306 subjects, 52 of them screen failures without an arm."""
    raw = {row.subject: (row.arm, row.allocated) for row in of_type(rows, SubjectRow)}

    assert raw == {
        row["USUBJID"].removeprefix("01-"): (ARMS.get(row["ARM"], ""), row["DMDTC"])
        for row in shared_table("cdiscpilot01", "dm.csv")
    }


def test_the_raw_listing_has_the_doses_of_ex_and_treatments_of_the_same_days(rows: list[AnyRow]):
    """591 rows; a dose without an end lasts one day, its treatment is open."""
    sdtm = [
        (row["USUBJID"].removeprefix("01-"), row["EXSTDTC"], row["EXENDTC"])
        for row in shared_table("cdiscpilot01", "ex.csv")
    ]
    doses = [(row.subject, row.first, row.last) for row in of_type(rows, DoseRow)]
    treatments = [(row.subject, row.start) for row in of_type(rows, TreatmentRow)]

    assert Counter(doses) == Counter((one, first, last or first) for one, first, last in sdtm)
    assert Counter(treatments) == Counter((one, first) for one, first, _ in sdtm)
    assert sum(not row.end for row in of_type(rows, TreatmentRow)) == 6


def test_the_raw_listing_ends_follow_up_as_ds_does(rows: list[AnyRow]):
    """254 treated subjects; RFENDTC, which the listing lacks, is one day later in one of them."""
    raw = {row.subject: (row.date, row.status) for row in of_type(rows, DispositionRow)}
    dm = {row["USUBJID"]: row for row in shared_table("cdiscpilot01", "dm.csv")}
    sdtm = {
        row["USUBJID"].removeprefix("01-"): (
            row["DSSTDTC"],
            find_code("status", row["DSDECOD"]) or "other",
        )
        for row in shared_table("cdiscpilot01", "ds.csv")
        if row["DSCAT"] == "DISPOSITION EVENT" and dm[row["USUBJID"]]["RFXSTDTC"]
    }
    later = {
        subject: (date, dm[f"01-{subject}"]["RFENDTC"])
        for subject, (date, _) in raw.items()
        if date != dm[f"01-{subject}"]["RFENDTC"]
    }

    assert raw == sdtm
    assert later == {"710-1083": ("2013-08-02", "2013-08-03")}


def test_terms_and_onsets_as_keys_merge_two_pairs_of_cases(rows: list[AnyRow]):
    """The listing has no AESPID: 883 ids of SDTM are 881 pairs of term and onset in both."""
    keys = {(row.subject, *row.key) for row in of_type(rows, EventRow)}
    ae = shared_table("cdiscpilot01", "ae.csv")

    assert len({(row["USUBJID"], row["AESPID"]) for row in ae}) == 883
    assert len({(row["USUBJID"], row["AETERM"], row["AESTDTC"]) for row in ae}) == 881
    assert len(keys) == 881


def test_redcap_codes_that_the_mapping_lacks_are_named_by_row_and_column():
    """Two unknown codes of one row: nothing is written until the mapping has them."""
    rows, report = read_rows(shared_study("redcap"))

    assert len(rows) == 4
    assert found(report)[:2] == [
        ("unknown_code", True, "ae_severity", (8,)),
        ("unknown_code", True, "ae_related", (8,)),
    ]


def test_redcap_reads_once_its_codes_are_mapped():
    """Five events; the impossible day of row 7 is left for the rules to report."""
    study = shared_study(
        "redcap",
        ('"3" = "not_related"', '"3" = "not_related", "9" = ""'),
        ("[file.codes]\n", '[file.codes]\nserious = { "0" = "no", "1" = "yes", "2" = "" }\n'),
    )
    rows, report = read_rows(study)
    events = of_type(rows, EventRow)

    assert [(row.subject, row.key, row.onset, row.serious) for row in events] == [
        ("P-001", ("1",), "2026-03-02", "no"),
        ("P-001", ("2",), "2026-03-20", "yes"),
        ("P-002", ("1",), "2026-03", "no"),
        ("P-002", ("2",), "2026-02-30", "no"),
        ("P-003", ("1",), "2026-04-01", ""),
    ]
    assert events[3].place.row == 7
    assert study.column("redcap_flat_synthetic.csv", EventRow, "onset") == "ae_start"
    assert found(report) == [("not_selected", False, "redcap_repeat_instrument", (2, 5))]
