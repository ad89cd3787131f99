"""Counts the CDISC pilot out of its wire records, without any of the product's code."""

from __future__ import annotations

from collections import defaultdict

from tests.scenarios.realdata import ARMS, WireRecord, days_between

TableCell = tuple[str, str, str]
"""Kind of term, term, treatment."""


def of_type(wire: tuple[WireRecord, ...], kind: str) -> list[WireRecord]:
    return [record for record in wire if record["type"] == kind]


def follow_up_by_subject(wire: tuple[WireRecord, ...]) -> dict[str, tuple[str, str, str]]:
    """Arm, first and last day of follow-up of every treated subject."""
    ends = {record["subject"]: record["date"] for record in of_type(wire, "disposition")}
    return {
        record["subject"]: (record["treatment"], record["start"], ends[record["subject"]])
        for record in of_type(wire, "treatment")
    }


def recount(wire: tuple[WireRecord, ...]) -> dict[TableCell, list[WireRecord]]:
    """The rows of treatment-emergent cases by (kind, term, arm), partial onsets at their start."""
    spans = follow_up_by_subject(wire)
    found: defaultdict[TableCell, list[WireRecord]] = defaultdict(list)
    for record in of_type(wire, "adverse_event"):
        arm, first, last = spans[record["subject"]]
        record = record | {"onset": f"{record['onset']}-01-01"[:10]}
        if first <= record["onset"] <= last:
            found["preferred_term", record["preferred_term"], arm].append(record)
            found["system_organ_class", record["system_organ_class"], arm].append(record)
            found["any", "any", arm].append(record)
    return found


def days_to_first(wire: tuple[WireRecord, ...], rows: list[WireRecord], arm: str) -> int:
    """Days at risk in *arm* up to and including each subject's first onset among *rows*."""
    first: dict[str, str] = {}
    for row in rows:
        first[row["subject"]] = min(row["onset"], first.get(row["subject"], row["onset"]))
    return sum(
        days_between(start, first.get(subject, end))
        for subject, (treatment, start, end) in follow_up_by_subject(wire).items()
        if treatment == arm
    )


def cell_of(row: dict[str, str]) -> TableCell:
    """The cell that a row of an expected table describes."""
    arm = ARMS[row["arm"]]
    if row.get("pt"):
        return "preferred_term", row["pt"], arm
    if row["soc"] == "ANY BODY SYSTEM":
        return "any", "any", arm
    return "system_organ_class", row["soc"], arm
