"""Divides a profile of the replay among the steps of a report's way."""

from __future__ import annotations

import pstats
from cProfile import Profile
from pathlib import PurePath
from typing import Any, NamedTuple

from monitor.evidence import evaluate as judging
from monitor.fold import change, fold
from monitor.state.entities import Ledger
from streams.processor import pipeline
from streams.replay import replay

LARGEST = 15


class Spent(NamedTuple):
    """A function of the profile: how often it was called, its own seconds, those with callees."""

    name: str
    calls: int
    own: float
    seconds: float


def steps(tool: Profile) -> dict[str, float]:
    """Seconds by step; they add up to the whole, and no second is in two of them.

    The functions are named as objects: one that is renamed breaks this file, not its numbers.
    """
    whole = _seconds(tool, replay.Replay.run)
    entered = _seconds(tool, Ledger.enter)
    found = {
        "decode": _seconds(tool, pipeline.decode),
        "ledger": _seconds(tool, Ledger.weigh) + entered,
        "counting": _seconds(tool, change.enter) - entered,
        "judging tier 1": _seconds(tool, judging.verdict_of),
        "judging tier 2: screening": _seconds(tool, judging.screen),
        "judging tier 2: e-BH": _seconds(tool, judging.reject),
        "telling": _seconds(tool, judging.announce) + _seconds(tool, pipeline.alerts_of),
        "objections": _seconds(tool, fold.objection),
    }
    return found | {"between the steps": whole - sum(found.values())}


def largest(tool: Profile) -> list[Spent]:
    """The functions with the most time of their own."""
    found = [
        Spent(_name(*key), calls, own, seconds)
        for key, (_, calls, own, seconds, _) in _stats(tool).items()
    ]
    return sorted(found, key=lambda spent: -spent.own)[:LARGEST]


def _seconds(tool: Profile, function: Any) -> float:
    """Seconds in *function* and all that it calls; none of those here calls itself."""
    code = function.__code__
    spent = _stats(tool).get((code.co_filename, code.co_firstlineno, code.co_name))
    return spent[3] if spent else 0.0


def _stats(tool: Profile) -> dict[tuple[str, int, str], tuple[int, int, float, float, Any]]:
    return pstats.Stats(tool).stats  # pyright: ignore[reportAttributeAccessIssue]


def _name(file: str, line: int, function: str) -> str:
    """The function with the last two parts of its file's path; builtins have none."""
    path = "/".join(PurePath(file).parts[-2:])
    return function if line == 0 else f"{path}:{line} {function}"
