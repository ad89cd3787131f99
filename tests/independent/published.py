"""The published worked examples of statistics, which a clone has without any other data."""

from __future__ import annotations

import json
from functools import cache
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
