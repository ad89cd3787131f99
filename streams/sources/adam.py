"""Reads ADSL and ADAE of an ADaM package as rows of subjects, doses, dispositions and events.

Dates that ADaM imputed are taken back to what was known: with the flag "D" only the month, with
"M" only the year.  TRTEMFL is passed on as a check; the rules decide which events count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from streams.sources.cdisc import NO_SUBJECT, Cells, Variables, check_columns
from streams.sources.codes import find_code
from streams.sources.folder import missing_tables, open_tables
from streams.sources.report import IngestReport
from streams.sources.rows import AnyRow, DispositionRow, DoseRow, EventRow, SubjectRow
from streams.sources.sdtm import OTHER_STATUS
from streams.sources.table import Table

ADSL = Variables(
    texts={
        "subject": ("USUBJID",),
        "site": ("SITEID",),
        "stratum": ("STRATAR",),
        "arm": ("ARM", "TRTSEQP", "TRT01P"),
        "arm_received": ("ACTARM", "TRTSEQA", "TRT01A"),
        "no_arm_reason": ("ARMNRS",),
    },
    dates={
        "allocated": ("RANDDT", "RFICDT"),
        "treatment_start": ("TRTSDT", "TRTSDTM", "RFXSTDTC"),
        "follow_up_end": ("RFENDT", "RFENDTC", "EOSDT"),
        "participation_end": ("EOSDT", "RFPENDT", "RFPENDTC"),
        "died": ("DTHDT", "DTHDTC"),
    },
    codes={"died_flag": ("DTHFL",)},
)
EXPOSURE = Variables(
    texts={"subject": ("USUBJID",)},
    dates={"first": ("TRTSDT", "TRTSDTM", "TR01SDT"), "last": ("TRTEDT", "TRTEDTM", "TR01EDT")},
    codes={},
)
"""The columns of ADSL for treatment as a whole."""

DISPOSITION = Variables(
    texts={"subject": ("USUBJID",), "status": ("EOSSTT", "DCSREAS", "DCDECOD")},
    dates={"date": ("EOSDT", "RFENDT", "RFENDTC")},
    codes={},
)
"""The columns of ADSL that say how follow-up ended, and why."""

ADAE = Variables(
    texts={
        "subject": ("USUBJID",),
        "known": ("AEDTC",),
        "sequence": ("AESEQ",),
        "term": ("AEDECOD",),
        "system_organ_class": ("AEBODSYS", "AESOC"),
        "verbatim": ("AETERM",),
    },
    dates={"onset": ("AESTDTC", "ASTDT", "ASTDTM"), "end": ("AEENDTC", "AENDT", "AENDTM")},
    codes={
        "serious": ("AESER",),
        "severity": ("AESEV", "ASEV"),
        "grade": ("AETOXGR", "ATOXGR"),
        "relatedness": ("AEREL", "AREL"),
        "outcome": ("AEOUT",),
        "action_taken": ("AEACN",),
        "treatment_emergent": ("TRTEMFL",),
    },
)
KEYS = ("AESPID", "AEGRPID")
"""Columns of ADAE of which the first that has a value identifies an event, before AESEQ."""

VARIABLES: Mapping[type[AnyRow], Variables] = {
    SubjectRow: ADSL,
    DoseRow: EXPOSURE,
    DispositionRow: DISPOSITION,
    EventRow: ADAE,
}
NUMBERS = tuple(f"{number:02}" for number in range(1, 100))
"""Numbers of periods in names of columns, such as TR01SDT."""


class AdamReader:
    """Reads the data sets ADSL and ADAE in a folder."""

    system = "adam"

    def __init__(self, folder: Path, encoding: str | None = None) -> None:
        self._folder = folder
        self._encoding = encoding

    def study_rows(self, report: IngestReport) -> Iterator[AnyRow]:
        """Yield the rows of ADSL, then those of ADAE."""
        tables = open_tables(self._folder, ("ADSL", "ADAE"), self._encoding)
        missing = [name for name in ("ADSL", "ADAE") if name not in tables]
        if missing:
            raise missing_tables(self._folder, missing)
        adsl, adae = tables["ADSL"], tables["ADAE"]
        for table, variables, fields in (
            (adsl, ADSL, ("subject", "arm", "treatment_start")),
            (adae, ADAE, ("subject", "term", "onset")),
        ):
            check_columns(
                table.name, table.columns, {each: variables.columns(each) for each in fields}
            )
        periods = _periods(adsl)
        for cells in _rows(adsl, report):
            yield _subject(cells)
            yield from _doses(cells, periods)
            yield from _disposition(cells)
        for cells in _rows(adae, report):
            yield _event(cells)

    def column(self, file: str, kind: type[AnyRow], field: str) -> str:
        """Return the columns of which the first with a value gives *field*."""
        return " or ".join(KEYS if field == "key" else VARIABLES[kind].columns(field))


def _rows(table: Table, report: IngestReport) -> Iterator[Cells]:
    for row in table.rows(report):
        if row.cells["USUBJID"]:
            yield Cells(row, report)
        else:
            report.refuse(NO_SUBJECT, row.place, "USUBJID")


def _periods(adsl: Table) -> tuple[str, ...]:
    """Return the numbers of the periods with dates of their own, where there are several."""
    columns = set(adsl.columns)
    found = [number for number in NUMBERS if {f"TRT{number}A", f"TR{number}SDT"} <= columns]
    return tuple(found) if len(found) > 1 else ()


def _subject(cells: Cells) -> SubjectRow:
    return SubjectRow(place=cells.row.place, **ADSL.values(cells))


def _doses(cells: Cells, periods: tuple[str, ...]) -> Iterator[DoseRow]:
    """Yield the exposure by period, or as a whole to the treatment that the subject's arm names."""
    whole = DoseRow(place=cells.row.place, key=("01",), **EXPOSURE.values(cells))
    of_period = (
        replace(
            whole,
            key=(number,),
            treatment=cells.first((f"TRT{number}A", f"TRT{number}P")),
            first=cells.date((f"TR{number}SDT",)),
            last=cells.date((f"TR{number}EDT",)),
        )
        for number in periods
    )
    yield from (dose for dose in (of_period if periods else [whole]) if dose.first)


def _disposition(cells: Cells) -> Iterator[DispositionRow]:
    """Yield how follow-up ended; nothing of a subject whose follow-up goes on."""
    state, reason = cells.first(("EOSSTT",)).upper(), cells.first(("DCSREAS", "DCDECOD"))
    if not state + reason or state == "ONGOING":
        return
    status = "completed" if state == "COMPLETED" else find_code("status", reason)
    if status is None:
        cells.report.find(OTHER_STATUS, cells.row.place, "DCSREAS")
    values = DISPOSITION.values(cells)
    values["status"] = status or "other"
    yield DispositionRow(place=cells.row.place, **values)


def _event(cells: Cells) -> EventRow:
    values = ADAE.values(cells)
    if "TRTEMFL" in cells.row.cells:  # Blank is "no" there.
        values["treatment_emergent"] = values["treatment_emergent"] or "no"
    key = cells.first(KEYS)
    return EventRow(
        place=cells.row.place,
        key=(key,) if key else (),
        criteria=cells.criteria(),
        **values,
    )
