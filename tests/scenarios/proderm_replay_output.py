"""One replay of the committed ProDERM log, as a user runs it, for all tests that read it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache

from tests.paths import ROOT
from tests.scenarios.replay_result import SECONDS_MAX, Result, cells


@dataclass(frozen=True, slots=True)
class ReplayOutput:
    """What one replay printed: its alerts as they rang, its result, and the bytes of both."""

    alerts: list[Result]
    result: Result
    stdout: bytes

    def watch(self, name: str) -> Result:
        """The watch called *name* as it stands at the end."""
        return next(one for one in self.result["watches"] if one["id"] == name)

    def alert_levels(self, name: str) -> list[tuple[int, str]]:
        """Revision and level of every alert of the watch called *name*."""
        return [(one["revision"], one["level"]) for one in self.alerts if one["watch"] == name]


def replay() -> ReplayOutput:
    """``tocsin replay studies/proderm/log.jsonl --json``, as a user runs it."""
    command = [sys.executable, "-m", "tocsin", "replay", "studies/proderm/log.jsonl", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=SECONDS_MAX, check=True)
    *alerts, result = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["type"] for one in alerts] == ["alert"] * len(alerts)
    assert result["type"] == "result"
    return ReplayOutput(alerts, result, done.stdout)


@cache
def cached_replay() -> ReplayOutput:
    """The one replay that all tests read."""
    return replay()


def counts(printed: ReplayOutput, period: str, cell: tuple[str, str, str]) -> list[int]:
    """Patients and events of one cell of a table that must be printed."""
    row = cells(printed.result, period)
    assert cell in row, f"{cell} has no row in {period}"
    return [row[cell]["subjects"], row[cell]["events"]]
