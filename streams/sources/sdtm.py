"""Reads an SDTM tabulation: which variable of which domain is which field of a row.

DM and AE suffice.  Without EX and EC the end of treatment is unknown, without DS the reason why a
subject left; a finding says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streams.sources.cdisc import NO_SUBJECT, Cells, check_columns
from streams.sources.codes import find_code
from streams.sources.folder import missing_tables, open_tables
from streams.sources.report import IngestReport, Problem
from streams.sources.rows import (
    AnyRow,
    DispositionRow,
    DoseRow,
    EventRow,
    Place,
    SubjectRow,
    TreatmentRow,
)
from streams.sources.sdtm_supplement import SupplementedTable
from streams.sources.table import Table

NO_EXPOSURE = Problem(
    "no_exposure",
    "the study has neither EX nor EC",
    "treatment begins on RFXSTDTC and goes on until follow-up ends; groups that need a dose before"
    " the event have no cases",
)
NO_DISPOSITION = Problem(
    "no_disposition",
    "the study has no DS",
    "follow-up ends on RFENDTC for a reason that nobody knows; deaths come from DM and AE alone",
)
OTHER_STATUS = Problem(
    "other_status",
    "a reason for leaving is in none of the statuses of a record",
    'its status is "other"',
)
NOT_COUNTED = Problem(
    "row_not_counted",
    "a row of DS is no disposition (DSCAT), or a row of EX or EC tells of no dose (MOOD)",
    "the row is left out; a death in DS counts whatever its category",
)


@dataclass(frozen=True, slots=True)
class Domain:
    """How the rows of one domain become rows of *kind*: variables by field, the first with a value.

    *codes* are the fields with a code list, *keys* the variables of which the first with a value
    identifies the row, *values* fields with a fixed value, and *where* a variable with its value.
    """

    kind: type[AnyRow]
    required: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    keys: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    where: tuple[str, str] | None = None

    def variables(self, name: str) -> tuple[str, ...]:
        """Return the variables from which the field *name* comes."""
        if name == "key":
            return self.keys
        return self.columns.get(name) or self.codes.get(name) or ()


def _exposure(domain: str) -> Domain:
    """Return the mapping of EX or EC, whose variables differ in their first two letters."""
    return Domain(
        kind=DoseRow,
        required=("treatment", "first"),
        columns={
            "treatment": (f"{domain}TRT",),
            "period": ("EPOCH",),
            "first": (f"{domain}STDTC",),
            "last": (f"{domain}ENDTC",),
            "amount": (f"{domain}DOSE", f"{domain}DOSTXT"),
            "unit": (f"{domain}DOSU",),
            "batch": (f"{domain}LOT",),
        },
        codes={"given": (f"{domain}OCCUR",)},
        keys=(f"{domain}SEQ",),
        where=(f"{domain}MOOD", "PERFORMED"),  # Not what was scheduled.
    )


DOMAINS: dict[str, Domain] = {
    "DM": Domain(
        kind=SubjectRow,
        required=("arm",),
        columns={
            "known": ("DMDTC",),
            "site": ("SITEID",),
            "arm": ("ARM", "ARMCD"),
            "arm_received": ("ACTARM", "ACTARMCD"),
            "no_arm_reason": ("ARMNRS",),
            "treatment_start": ("RFXSTDTC",),
            "follow_up_end": ("RFENDTC",),
            "participation_end": ("RFPENDTC",),
            "died": ("DTHDTC",),
        },
        codes={"died_flag": ("DTHFL",)},
    ),
    "EX": _exposure("EX"),
    "EC": _exposure("EC"),
    "SE": Domain(
        kind=TreatmentRow,
        required=("start",),
        columns={
            "treatment": ("ELEMENT", "ETCD"),
            "period": ("EPOCH",),
            "start": ("SESTDTC",),
            "end": ("SEENDTC",),
        },
        values={"is_element": True},
    ),
    "AE": Domain(
        kind=EventRow,
        required=("term", "onset"),
        columns={
            "known": ("AEDTC",),
            "sequence": ("AESEQ",),
            "term": ("AEDECOD",),
            "system_organ_class": ("AEBODSYS", "AESOC"),
            "verbatim": ("AETERM",),
            "onset": ("AESTDTC",),
            "end": ("AEENDTC",),
        },
        codes={
            "serious": ("AESER",),
            "severity": ("AESEV",),
            "grade": ("AETOXGR",),
            "relatedness": ("AEREL",),
            "outcome": ("AEOUT",),
            "action_taken": ("AEACN",),
            "treatment_emergent": ("AETRTEM", "TRTEMFL"),
        },
        keys=("AESPID", "AEGRPID"),
    ),
    "DS": Domain(
        kind=DispositionRow,
        required=("status", "date"),
        columns={"status": ("DSDECOD", "DSTERM"), "period": ("EPOCH",), "date": ("DSSTDTC",)},
        where=("DSCAT", "DISPOSITION EVENT"),
    ),
}
"""The domains that are read, in this order."""


class SdtmReader:
    """Reads the domains DM, EX, EC, SE, AE, SUPPAE and DS in a folder."""

    system = "sdtm"

    def __init__(self, folder: Path, encoding: str | None = None) -> None:
        self._folder = folder
        self._encoding = encoding

    def study_rows(self, report: IngestReport) -> Iterator[AnyRow]:
        """Yield the rows of each domain; SUPPAE adds variables to the rows of AE."""
        tables = open_tables(self._folder, (*DOMAINS, "SUPPAE"), self._encoding)
        missing = [name for name in ("DM", "AE") if name not in tables]
        if missing:
            raise missing_tables(self._folder, missing)
        for name, domain in DOMAINS.items():
            if name in tables:
                required = {each: domain.variables(each) for each in domain.required}
                check_columns(name, tables[name].columns, {"subject": ("USUBJID",), **required})
        whole_study = Place(str(self._folder), 0)
        if not tables.keys() & {"EX", "EC"}:
            report.find(NO_EXPOSURE, whole_study)
        if "DS" not in tables:
            report.find(NO_DISPOSITION, whole_study)
        if "EX" in tables:
            tables.pop("EC", None)  # EC holds the same doses as they were collected.
        if "SUPPAE" in tables:
            tables["AE"] = SupplementedTable(tables["AE"], tables.pop("SUPPAE"))
        for name, domain in DOMAINS.items():
            if name in tables:
                yield from _rows(tables[name], domain, report)

    def column(self, file: str, kind: type[AnyRow], field: str) -> str:
        """Return the variables of which the first with a value gives *field*."""
        prefix = Path(file).stem.upper()
        domain = DOMAINS.get(prefix) or next(each for each in DOMAINS.values() if each.kind is kind)
        return "USUBJID" if field == "subject" else " or ".join(domain.variables(field))


def _rows(table: Table, domain: Domain, report: IngestReport) -> Iterator[AnyRow]:
    """Yield the rows of *table* by the mapping of its *domain*."""
    for source in table.rows(report):
        cells = Cells(source, report)
        if not _counts(cells, domain):
            report.find(NOT_COUNTED, source.place, domain.where[0] if domain.where else "")
            continue
        if not source.cells["USUBJID"]:
            report.refuse(NO_SUBJECT, source.place, "USUBJID")
            continue
        fields: dict[str, Any] = {
            name: cells.first(names) for name, names in domain.columns.items()
        }
        fields |= {name: cells.code(name, names) for name, names in domain.codes.items()}
        key = cells.first(domain.keys)
        if domain.kind is EventRow:
            fields["criteria"] = cells.criteria()
        if domain.kind is DispositionRow:
            fields["status"] = _status(cells, fields["status"])
        yield domain.kind(
            place=source.place,
            subject=source.cells["USUBJID"],
            key=(key,) if key else (),
            **fields,
            **domain.values,
        )


def _counts(cells: Cells, domain: Domain) -> bool:
    """Whether the row is of the kind that its *domain* asks for; a death always is."""
    variable, value = domain.where or ("", "")
    if cells.row.cells.get(variable, "").upper() in (value, ""):
        return True
    reason = cells.first(domain.variables("status"))
    return domain.kind is DispositionRow and find_code("status", reason) == "died"


def _status(cells: Cells, reason: str) -> str:
    """Return the status of a record for *reason*; most of NCOMPLT are "other"."""
    status = find_code("status", reason)
    if status is None:
        cells.report.find(OTHER_STATUS, cells.row.place, "DSDECOD")
    return "other" if status is None else status
