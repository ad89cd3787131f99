"""Converts a study as `tocsin ingest` does, and keeps its records and its report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from streams.sources.convert import ConvertOptions, convert_study
from streams.sources.reader import StudyReader
from streams.sources.report import Group, IngestReport

WireRecord = dict[str, Any]


@dataclass(frozen=True)
class Ingested:
    """The records of an ingest, its report, and what it says of its plan."""

    records: tuple[WireRecord, ...]
    report: IngestReport
    notes: tuple[str, ...]

    def of_type(self, kind: str) -> list[WireRecord]:
        return [record for record in self.records if record["type"] == kind]

    @property
    def plan(self) -> str:
        return self.records[0]["toml"]

    def group(self, code: str) -> Group:
        """Return the group of the problem *code*, of which there must be one."""
        (group,) = (each for each in self.report.groups() if each.problem.code == code)
        return group

    @property
    def counts(self) -> dict[str, int]:
        """The number of rows by code of the problem."""
        counts: dict[str, int] = {}
        for group in self.report.groups():
            counts[group.problem.code] = counts.get(group.problem.code, 0) + group.count
        return counts


def ingest(
    reader: StudyReader,
    study: str = "T",
    *,
    plan: str | None = None,
    control: str | None = None,
    earlier: Sequence[WireRecord | bytes] | None = None,
) -> Ingested:
    """Return what becomes of the rows of *reader*, after the records *earlier* of a file."""
    options = ConvertOptions(
        study=study,
        plan_toml=plan,
        control=control,
        earlier_name="earlier.jsonl",
        earlier_is_file=earlier is not None,
        earlier_lines=[
            line if isinstance(line, bytes) else json.dumps(line).encode() for line in earlier or ()
        ],
    )
    report = IngestReport()
    with TemporaryDirectory() as work:
        conversion = convert_study(reader, options, report, Path(work))
        records = tuple(json.loads(line) for line in conversion.log_lines())
        assert len(records) == conversion.count
        conversion.staging.close()
    return Ingested(records, report, conversion.notes)
