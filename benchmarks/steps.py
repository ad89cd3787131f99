"""Divides a profile of the replay among the steps that process a record."""

from __future__ import annotations

import pstats
from collections.abc import Callable
from cProfile import Profile
from pathlib import PurePath
from typing import Any, NamedTuple

from benchmarks.sampler import Samples, name_of
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
    """Return seconds by step, as cProfile measures them."""
    return _by_step(lambda function: _seconds(profiler, function))


def shares_by_step(samples: Samples) -> dict[str, float]:
    """Return the share of samples by step."""
    return _by_step(lambda function: samples.share_of(function.__code__))


def _by_step(spent_in: Callable[[Any], float]) -> dict[str, float]:
    """Return what is spent in each step; the steps are disjoint and add up to the whole replay.

    The functions are referenced as objects, so a rename breaks this module instead of its numbers.
    """
    entering = spent_in(Entities.add_version)
    steps = {
        "decode": spent_in(replay.decode_in_batches),
        "entities": spent_in(Entities.classify_version) + entering,
        "counting": spent_in(change.apply_change) - entering,
        "tier 1": spent_in(judging.boundary_verdict),
        "tier 2: screening": spent_in(judging.evaluate_screened),
        "tier 2: e-BH": spent_in(judging.apply_e_bh),
        "alerts": spent_in(judging.update_episode) + spent_in(pipeline.alerts_from_step),
        "alerts of cases, findings": spent_in(pipeline.alerts_from_record)
        + spent_in(pipeline.alerts_from_day),
        "checks": spent_in(fold.check_context) + spent_in(fold.check_limits),
        "as-of date": spent_in(fold.note_day),
    }
    return steps | {"other": spent_in(replay.Replay.run) - sum(steps.values())}


def most_sampled_functions(samples: Samples) -> list[tuple[str, float, float]]:
    """Return the functions with the most samples of their own: name, own share, inclusive share."""
    return [
        (name_of(code), own / samples.count, samples.share_of(code))
        for code, own in samples.own.most_common(SLOWEST_COUNT)
    ]


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
