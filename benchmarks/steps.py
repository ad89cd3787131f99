"""Divides a profile of the replay among the steps that process a record."""

from __future__ import annotations

import pstats
from cProfile import Profile
from pathlib import PurePath
from typing import Any, NamedTuple

from monitor.evidence import evaluate as judging
from monitor.fold import change, fold
from monitor.state.entities import Entities
from streams.processor import pipeline
from streams.replay import replay

SLOWEST_COUNT = 15


class FunctionTime(NamedTuple):
    """A profiled function: its calls, its own seconds, and its seconds including callees."""

    name: str
    calls: int
    own: float
    seconds: float


def seconds_by_step(profiler: Profile) -> dict[str, float]:
    """Return seconds by step; the steps are disjoint and add up to the whole replay.

    The functions are referenced as objects, so a rename breaks this module instead of its numbers.
    """
    total_seconds = _seconds(profiler, replay.Replay.run)
    enter_seconds = _seconds(profiler, Entities.add_version)
    step_seconds = {
        "decode": _seconds(profiler, pipeline.decode),
        "entities": _seconds(profiler, Entities.classify_version) + enter_seconds,
        "counting": _seconds(profiler, change.apply_change) - enter_seconds,
        "tier 1": _seconds(profiler, judging.boundary_verdict),
        "tier 2: screening": _seconds(profiler, judging.evaluate_screened),
        "tier 2: e-BH": _seconds(profiler, judging.apply_e_bh),
        "alerts": _seconds(profiler, judging.update_episode)
        + _seconds(profiler, pipeline.alerts_from_step),
        "context check": _seconds(profiler, fold.check_context),
    }
    return step_seconds | {"other": total_seconds - sum(step_seconds.values())}


def slowest_functions(profiler: Profile) -> list[FunctionTime]:
    """Return the functions with the most time of their own."""
    function_times = [
        FunctionTime(_name(*key), calls, own, seconds)
        for key, (_, calls, own, seconds, _) in _stats(profiler).items()
    ]
    return sorted(function_times, key=lambda spent: -spent.own)[:SLOWEST_COUNT]


def _seconds(profiler: Profile, function: Any) -> float:
    """Return seconds in *function* and its callees; none of the measured functions is recursive."""
    code = function.__code__
    stats = _stats(profiler).get((code.co_filename, code.co_firstlineno, code.co_name))
    return stats[3] if stats else 0.0


def _stats(profiler: Profile) -> dict[tuple[str, int, str], tuple[int, int, float, float, Any]]:
    return pstats.Stats(profiler).stats  # pyright: ignore[reportAttributeAccessIssue]


def _name(file: str, line: int, function: str) -> str:
    """Return the function with the last two parts of its file's path; builtins have no path."""
    path = "/".join(PurePath(file).parts[-2:])
    return function if line == 0 else f"{path}:{line} {function}"
