"""Divides a profile of the replay among the steps of a report's way."""

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
    """A function of the profile: how often it was called, its own seconds, those with callees."""

    name: str
    calls: int
    own: float
    seconds: float


def seconds_by_step(profiler: Profile) -> dict[str, float]:
    """Seconds by step; they add up to the whole, and no second is in two of them.

    The functions are named as objects: one that is renamed breaks this file, not its numbers.
    """
    total_seconds = _seconds(profiler, replay.Replay.run)
    enter_seconds = _seconds(profiler, Entities.add_version)
    step_seconds = {
        "decode": _seconds(profiler, pipeline.decode),
        "ledger": _seconds(profiler, Entities.classify_version) + enter_seconds,
        "counting": _seconds(profiler, change.apply_change) - enter_seconds,
        "judging tier 1": _seconds(profiler, judging.tier_1_verdict),
        "judging tier 2: screening": _seconds(profiler, judging.evaluate_screened),
        "judging tier 2: e-BH": _seconds(profiler, judging.apply_e_bh),
        "telling": _seconds(profiler, judging.update_episode)
        + _seconds(profiler, pipeline.alerts_from_step),
        "objections": _seconds(profiler, fold.check_context),
    }
    return step_seconds | {"between the steps": total_seconds - sum(step_seconds.values())}


def slowest_functions(profiler: Profile) -> list[FunctionTime]:
    """The functions with the most time of their own."""
    function_times = [
        FunctionTime(_name(*key), calls, own, seconds)
        for key, (_, calls, own, seconds, _) in _stats(profiler).items()
    ]
    return sorted(function_times, key=lambda spent: -spent.own)[:SLOWEST_COUNT]


def _seconds(profiler: Profile, function: Any) -> float:
    """Seconds in *function* and all that it calls; none of those here calls itself."""
    code = function.__code__
    stats = _stats(profiler).get((code.co_filename, code.co_firstlineno, code.co_name))
    return stats[3] if stats else 0.0


def _stats(profiler: Profile) -> dict[tuple[str, int, str], tuple[int, int, float, float, Any]]:
    return pstats.Stats(profiler).stats  # pyright: ignore[reportAttributeAccessIssue]


def _name(file: str, line: int, function: str) -> str:
    """The function with the last two parts of its file's path; builtins have none."""
    path = "/".join(PurePath(file).parts[-2:])
    return function if line == 0 else f"{path}:{line} {function}"
