"""Runs `tocsin replay` as a user does, and parses its JSON output."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.paths import ROOT

Result = dict[str, Any]
Cell = tuple[str, str, str]

SECONDS_MAX = 300


def replay_json(log: Path, *flags: str) -> Result:
    """Run `tocsin replay LOG --json` and return the result, which is its last line."""
    command = [sys.executable, "-m", "tocsin", "replay", str(log), "--json", *flags]
    process = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
    )
    assert process.returncode == 0, (
        f"{' '.join(command)} ended with {process.returncode}:\n{process.stderr}"
    )
    result = json.loads(process.stdout.splitlines()[-1])
    assert result["type"] == "result"
    return result


def cells(result: Result, period: str = "all") -> defaultdict[Cell, defaultdict[str, int]]:
    """Return the counts of *period* by (kind, term, treatment); a cell not printed counts zero."""
    by_cell: defaultdict[Cell, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in result["tables"]:
        if row["period"] == period:
            counts = {name: value for name, value in row.items() if isinstance(value, int)}
            by_cell[row["kind"], row["term"], row["treatment"]].update(counts)
    return by_cell


def comparisons(result: Result, period: str = "randomised") -> dict[Cell, Result]:
    """Return the comparisons of a randomised *period* by (kind, term, treatment)."""
    return {
        (row["kind"], row["term"], row["treatment"]): row
        for row in result["comparisons"]
        if row["period"] == period
    }


def screened_watches(result: Result) -> dict[Cell, Result]:
    """Return the watches of tier 2, which the screening adds, by (kind, term, treatment)."""
    return {
        (watch["term_kind"], watch["term"], watch["treatment"]): watch
        for watch in result["watches"]
        if watch["tier"] == 2
    }
