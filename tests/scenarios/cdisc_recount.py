"""Counts the CDISC pilot's events from its wire records, without any product code."""

from __future__ import annotations

from collections import defaultdict

from tests.scenarios.realdata import ARMS, WireRecord, days_between

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
