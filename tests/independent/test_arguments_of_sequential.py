"""Every public function of the sequential methods refuses arguments that no trial can have."""

# pyright: reportArgumentType=false
from __future__ import annotations

import dataclasses
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from math import inf, nan
from typing import Any, NamedTuple

import pytest

from monitor.stats import sequential
from tests.independent.sequential_arguments import ARGUMENTS, METHODS, Kind

WRONG: dict[Kind, list[Any]] = {
    Kind.COUNT: [nan, -1, 0.5, inf],
    Kind.POSITIVE_COUNT: [nan, -1, 0, 0.5, inf],
    Kind.PROBABILITY: [nan, -0.1, 0.0, 1.0, 1.5],
    Kind.POSITIVE: [nan, -1.0, 0.0, inf],
    Kind.AMOUNT: [nan, -1.0, inf],
    Kind.NUMBER: [nan, inf, -inf],
    Kind.NOT_NAN: [nan],
    Kind.TIME: [nan, -1.0],
    Kind.WEIGHT: [nan, -0.1, 1.1],
    Kind.SIDES: [nan, 0, 3],
    Kind.DIFFERENCE: [nan, -1.0, 1.0],
    Kind.ABOVE_1: [nan, 1.0, -2.0, inf],
    Kind.HAZARD_RATIO: [nan, 0.0, -1.0, 1.0, inf],
    Kind.PRIOR: [(nan, 1.0), (1.0, 0.0), (-1.0, 1.0), (1.0, inf)],
    Kind.INCREASING: [[], [nan, 2.0], [-1.0, 2.0], [2.0, 2.0], [1.0, inf], [0.0, 1.0]],
    Kind.LOOKS: [[], [nan, 10], [0, 10], [10, 5], [5, 5], [1.5, 10], [5, inf]],
    Kind.LIMITS: [[], [nan, 3], [-1, 3], [2, 0.5], [2]],
    Kind.LOWER: [[], [nan, 0], [-2, 0], [0, 0.5], [0]],
    Kind.COUNTS: [[], [nan, 1], [-1, 1], [1, 0.5], [inf, 1]],
    Kind.EVENTS: [[], [nan, 1], [-1, 1], [1, 0.5], [1], [99, 99]],
    Kind.RISING: [[nan, 0.02], [0.01, nan], [-0.1, 0.02], [0.02, 0.01], [0.01, 1.0], [0.01]],
    Kind.SHARES: [[nan], [-0.5], [inf]],
    Kind.BOUNDS: [[nan, 2.0], [2.0]],
    Kind.OBSERVATIONS: [[nan], [-0.1], [1.1]],
    Kind.OTHER: [],
}


class Wrong(NamedTuple):
    """A function, one of its arguments, and a value that it must refuse."""

    function: str
    argument: str
    value: Any


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield each function and each checked class that a sequential module defines."""
    for module in pkgutil.iter_modules(sequential.__path__):
        members: dict[str, Any] = vars(import_module(f"{sequential.__name__}.{module.name}"))
        for name, value in members.items():
            is_own = getattr(value, "__module__", "").endswith(f"sequential.{module.name}")
            if is_own and is_called(value) and not name.startswith("_"):
                yield name, value


def is_called(value: Any) -> bool:
    """Return whether *value* is a function or a dataclass; named tuples are results."""
    return inspect.isfunction(value) or dataclasses.is_dataclass(value)


FUNCTIONS = dict(public_functions()) | METHODS
CASES = [
    Wrong(function, argument, value)
    for function, arguments in ARGUMENTS.items()
    for argument, (_, kind) in arguments.items()
    for value in WRONG[kind]
]


def test_every_public_function_is_called():
    """A new function must say which arguments it takes."""
    assert set(ARGUMENTS) == set(FUNCTIONS) - {"ScorePaths"}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_of_a_trial_are_accepted(name: str):
    """What is refused below is refused for the one wrong argument."""
    assert set(ARGUMENTS[name]) == set(inspect.signature(FUNCTIONS[name]).parameters)

    FUNCTIONS[name](**{argument: value for argument, (value, _) in ARGUMENTS[name].items()})


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}-{case[2]}")
def test_a_wrong_argument_is_refused_by_its_name(case: Wrong):
    """The message names the argument and, after a colon, what to give instead."""
    arguments = {name: value for name, (value, _) in ARGUMENTS[case.function].items()}

    with pytest.raises(ValueError, match=rf"\b{re.escape(case.argument)}\b.*: \w"):
        FUNCTIONS[case.function](**{**arguments, case.argument: case.value})


def test_most_arguments_have_wrong_values():
    """A table of arguments of no kind would test nothing."""
    assert len(CASES) > 400
    assert all(
        any(WRONG[kind] for _, kind in arguments.values())
        for name, arguments in ARGUMENTS.items()
        if name != "maxsprt_times"
    )
