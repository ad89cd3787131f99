"""Runs `tocsin replay` as a user does, and reads back what it prints for programs."""

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
    """The last line of `tocsin replay LOG --json`: the result."""
    command = [sys.executable, "-m", "tocsin", "replay", str(log), "--json", *flags]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)} ended {done.returncode}:\n{done.stderr}"
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["type"] == "result"
    return result


def cells(result: Result, period: str = "all") -> defaultdict[Cell, defaultdict[str, int]]:
    """The tables of *period* by (kind, term, treatment); what is not printed counts zero."""
    found: defaultdict[Cell, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in result["tables"]:
        if row["period"] == period:
            counts = {name: value for name, value in row.items() if isinstance(value, int)}
            found[row["kind"], row["term"], row["treatment"]].update(counts)
    return found


def comparisons(result: Result, period: str = "randomised") -> dict[Cell, Result]:
    """The comparisons of a randomised *period* by (kind, term, treatment)."""
    return {
        (row["kind"], row["term"], row["treatment"]): row
        for row in result["comparisons"]
        if row["period"] == period
    }


def screened_watches(result: Result) -> dict[Cell, Result]:
    """The watches of tier 2, which no plan names, by (kind, term, treatment)."""
    return {
        (watch["term_kind"], watch["term"], watch["treatment"]): watch
        for watch in result["watches"]
        if watch["tier"] == 2
    }
