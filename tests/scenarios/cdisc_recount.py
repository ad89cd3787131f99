"""Counts the CDISC pilot's events from its wire records or rows, without any product code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from tests.scenarios.realdata import ARMS, WireRecord, days_between, shared_table

CRITERIA = ("AESDTH", "AESLIFE", "AESHOSP", "AESDISAB", "AESCONG")

TableCell = tuple[str, str, str]
"""Kind of term, term and treatment."""


def of_type(wire_records: tuple[WireRecord, ...], kind: str) -> list[WireRecord]:
    """Return the records of one type."""
    return [record for record in wire_records if record["type"] == kind]


def follow_up_by_subject(wire_records: tuple[WireRecord, ...]) -> dict[str, tuple[str, str, str]]:
    """Return arm, first and last day of follow-up of every treated subject."""
    ends = {record["subject"]: record["date"] for record in of_type(wire_records, "disposition")}
    return {
        record["subject"]: (record["treatment"], record["start"], ends[record["subject"]])
        for record in of_type(wire_records, "treatment")
    }


def recount(wire_records: tuple[WireRecord, ...]) -> dict[TableCell, list[WireRecord]]:
    """Group the rows of treatment-emergent cases by (kind, term, arm).

    A partial onset counts as the first day of its month or year.
    """
    spans = follow_up_by_subject(wire_records)
    rows_by_cell: defaultdict[TableCell, list[WireRecord]] = defaultdict(list)
    for record in of_type(wire_records, "adverse_event"):
        arm, first, last = spans[record["subject"]]
        record = record | {"onset": f"{record['onset']}-01-01"[:10]}
        if first <= record["onset"] <= last:
            rows_by_cell["preferred_term", record["preferred_term"], arm].append(record)
            rows_by_cell["system_organ_class", record["system_organ_class"], arm].append(record)
            rows_by_cell["any", "any", arm].append(record)
    return rows_by_cell


def days_to_first(wire_records: tuple[WireRecord, ...], rows: list[WireRecord], arm: str) -> int:
    """Sum the days at risk in *arm* up to and including each subject's first onset in *rows*."""
    first: dict[str, str] = {}
    for row in rows:
        first[row["subject"]] = min(row["onset"], first.get(row["subject"], row["onset"]))
    return sum(
        days_between(start, first.get(subject, end))
        for subject, (treatment, start, end) in follow_up_by_subject(wire_records).items()
        if treatment == arm
    )


def cell_of(row: dict[str, str]) -> TableCell:
    """Return the cell that a row of an expected table describes."""
    arm = ARMS[row["arm"]]
    if row.get("pt"):
        return "preferred_term", row["pt"], arm
    if row["soc"] == "ANY BODY SYSTEM":
        return "any", "any", arm
    return "system_organ_class", row["soc"], arm


class SeriousCount(NamedTuple):
    """Serious treatment-emergent events of one arm: subjects, distinct events and rows."""

    subjects: int
    events: int
    versions: int


def serious_count(
    treatment: str,
    until: str = "9999",
    basis: str = "event",
    criteria: Sequence[str] = CRITERIA,
) -> SeriousCount:
    """Count rows of AE that are serious by AESER or by any criterion, whatever AESER says.

    The tables of the shared data count AESER and death only; the sponsor marked 32 rows with
    another criterion and AESER = N.  *basis* "event" counts onsets, "arrival" collections *until*.
    """
    subjects = {row["USUBJID"]: row for row in shared_table("cdiscpilot01", "dm.csv")}
    found = []
    for row in shared_table("cdiscpilot01", "ae.csv"):
        subject = subjects[row["USUBJID"]]
        onset = f"{row['AESTDTC']}-01-01"[:10]
        is_serious = row["AESER"] == "Y" or any(row[name] == "Y" for name in criteria)
        is_emergent = subject["RFXSTDTC"] <= onset <= subject["RFENDTC"]
        is_in_time = (onset if basis == "event" else row["AEDTC"]) <= until
        if is_serious and is_emergent and is_in_time and ARMS[subject["ARM"]] == treatment:
            found.append(row)
    return SeriousCount(
        len({row["USUBJID"] for row in found}),
        len({(row["USUBJID"], row["AESPID"]) for row in found}),
        len(found),
    )
