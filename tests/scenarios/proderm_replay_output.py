"""Runs one replay of the committed ProDERM log, as a user does, for all tests that read it."""

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
    """The output of one replay: alerts in the order raised, the result, and the raw bytes."""

    alerts: list[Result]
    result: Result
    stdout: bytes

    def watch(self, name: str) -> Result:
        """Return the final state of the watch *name*."""
        return next(one for one in self.result["watches"] if one["id"] == name)

    def alert_levels(self, name: str) -> list[tuple[int, str]]:
        """Return revision and level of every alert of the watch *name*."""
        return [(one["revision"], one["level"]) for one in self.alerts if one["watch"] == name]


def replay() -> ReplayOutput:
    """Run ``tocsin replay studies/proderm/log.jsonl --json`` and parse its lines."""
    command = [sys.executable, "-m", "tocsin", "replay", "studies/proderm/log.jsonl", "--json"]
    process = subprocess.run(
        command, cwd=ROOT, capture_output=True, timeout=SECONDS_MAX, check=True
    )
    *alerts, result = [json.loads(line) for line in process.stdout.splitlines()]
    assert [one["type"] for one in alerts] == ["alert"] * len(alerts)
    assert result["type"] == "result"
    return ReplayOutput(alerts, result, process.stdout)


@cache
def cached_replay() -> ReplayOutput:
    """Return the output of a single replay, which all tests share."""
    return replay()


def counts(output: ReplayOutput, period: str, cell: tuple[str, str, str]) -> list[int]:
    """Return patients and events of one table cell, which must be printed."""
    by_cell = cells(output.result, period)
    assert cell in by_cell, f"{cell} has no row in {period}"
    return [by_cell[cell]["subjects"], by_cell[cell]["events"]]
