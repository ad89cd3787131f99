"""Counts what an ingest found."""

from __future__ import annotations

from streams.sources.report import IngestReport


def codes(report: IngestReport) -> dict[str, int]:
    """How often each problem was found, by its code."""
    counts: dict[str, int] = {}
    for group in report.groups():
        counts[group.problem.code] = counts.get(group.problem.code, 0) + group.count
    return counts
