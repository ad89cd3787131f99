"""Turns rows of results into columns of equal length, which every data frame takes as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from math import exp
from typing import Any

from board.views.facts import Trajectory
from monitor.evidence.evaluate import LOG_E_MAX
from streams.replay.replay import ExcludedLine

Columns = dict[str, list[Any]]
"""A table as columns of equal length, by name."""


def rate_columns(rows: Iterable[dict[str, Any]]) -> Columns:
    """Return the rate table of a result line; limits of a rate are columns of their own."""
    return _columns(map(_flat_rate, rows))


def watch_columns(rows: Iterable[dict[str, Any]]) -> Columns:
    """Return the watches of a result line; limits of an interval are columns of their own."""
    return _columns(map(_flat_interval, rows))


def trajectory_columns(points: Trajectory) -> Columns:
    """Return evidence over time; a point of the clock of occurrence has no line."""
    return {
        "day": [date.fromordinal(point.day) for point in points],
        "line": [None if point.position < 0 else point.position for point in points],
        "log_e": [point.log_e for point in points],
        "e_value": [exp(min(point.log_e, LOG_E_MAX)) for point in points],
    }


def describe_excluded(excluded: ExcludedLine) -> dict[str, Any]:
    """Return the line, the reason and the message of a record that is not included."""
    refusal = excluded.refusal
    return {
        "line": excluded.line,
        "reason": excluded.outcome.value if refusal is None else refusal.reason.value,
        "message": None if refusal is None else refusal.message,
    }


def _columns(rows: Iterable[Mapping[str, Any]]) -> Columns:
    """Turn rows with the same keys into columns."""
    columns: Columns = {}
    for row in rows:
        for key, value in row.items():
            columns.setdefault(key, []).append(value)
    return columns


def _flat_rate(row: dict[str, Any]) -> dict[str, Any]:
    rate = row["rate_per_100_patient_years"]
    limits = {"rate_low": rate["low"], "rate_high": rate["high"]}
    return row | {"rate_per_100_patient_years": rate["value"]} | limits


def _flat_interval(row: dict[str, Any]) -> dict[str, Any]:
    low, high = row["interval"]
    flat = {key: value for key, value in row.items() if key != "interval"}
    return flat | {"interval_low": low, "interval_high": high}
