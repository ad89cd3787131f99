"""The published worked examples of statistics, which a clone has without any other data."""

from __future__ import annotations

import json
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

from tests.paths import ROOT

Case = dict[str, Any]

CASES_FILE: Path = ROOT / "tests" / "independent" / "statistics.json"
"""A copy of ``../shared/cases/statistics.json``, held equal where that is."""


@cache
def published_cases() -> dict[str, Case]:
    """Return the published cases by name."""
    return {case["id"]: case for case in json.loads(CASES_FILE.read_text())}


def cases_of(method: str) -> dict[str, Case]:
    """Return the published cases of *method* by name."""
    return {name: case for name, case in published_cases().items() if case["method"] == method}


def matches_printed(ours: Any, printed: Any, tolerance: dict[str, Any]) -> bool:
    """Return whether *ours* equals *printed*, number for number, within *tolerance*."""
    return error_in_tolerances(ours, printed, tolerance) <= 1.0


def error_in_tolerances(ours: Any, printed: Any, tolerance: dict[str, Any]) -> float:
    """Return the largest difference of *ours* from *printed*, each divided by what is tolerated.

    *printed* is a number or a name, or lists and dictionaries of them.  A key of *printed* may
    have a tolerance of its own.  Another number of values, or a difference where none is
    tolerated, is an infinite error.
    """
    if isinstance(printed, dict):
        return max(
            (
                error_in_tolerances(ours[key], printed[key], tolerance.get(key, tolerance))
                for key in printed
            ),
            default=0.0,
        )
    if isinstance(printed, list):
        if len(ours) != len(printed):
            return inf
        return max(
            (error_in_tolerances(a, b, tolerance) for a, b in zip(ours, printed, strict=True)),
            default=0.0,
        )
    if ours is None or printed is None or isinstance(ours, str):
        return 0.0 if ours == printed else inf
    return _error(float(ours), float(printed), tolerance)


def _error(ours: float, printed: float, tolerance: dict[str, float]) -> float:
    """Return the difference of two numbers divided by what is tolerated."""
    if ours == printed:
        return 0.0
    largest = max(abs(ours), abs(printed))
    tolerated = max(tolerance.get("rel", 0.0) * largest, tolerance.get("abs", 0.0))
    if not tolerated or largest == inf or ours != ours:
        return inf
    return abs(ours - printed) / tolerated
