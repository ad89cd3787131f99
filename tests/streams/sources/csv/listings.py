"""Writes small CSV listings and reads them through a mapping."""

from __future__ import annotations

from pathlib import Path

from streams.sources.csv_files import CsvStudy
from streams.sources.mapping.mapping import StudyMapping
from streams.sources.report import IngestReport
from streams.sources.rows import AnyRow
from tests.paths import shared
from tests.streams.sources.mapping.mappings import events_toml

HEADER = b"PATNO,TERM,ONSET,NOTE\n"
ROW = b"P-1,Headache,2026-03-02,\n"


def event_study(
    folder: Path, content: bytes, toml: str | None = None, encoding: str | None = None
) -> CsvStudy:
    """Return the study of one listing of events, of which the bytes are *content*."""
    (folder / "ae.csv").write_bytes(content)
    mapping = StudyMapping.parse(toml or events_toml(fields='verbatim = "NOTE"'))
    return CsvStudy(mapping=mapping, path=folder, encoding=encoding)


def shared_study(name: str, *replacements: tuple[str, str]) -> CsvStudy:
    """Return the study of the shared listings *name* with the example of their mapping."""
    folder = shared("data", "listings", name)
    toml = (folder / "mapping_example.toml").read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in toml
        toml = toml.replace(old, new)
    return CsvStudy(mapping=StudyMapping.parse(toml), path=folder)


def read_rows(study: CsvStudy) -> tuple[list[AnyRow], IngestReport]:
    """Return all rows of *study*, and what was found."""
    report = IngestReport()
    return list(study.study_rows(report)), report


def found(report: IngestReport) -> list[tuple[str, bool, str, tuple[int, ...]]]:
    """Return code, whether refused, column and rows of each group of *report*."""
    return [
        (group.problem.code, group.refused, group.column, group.rows) for group in report.groups()
    ]
