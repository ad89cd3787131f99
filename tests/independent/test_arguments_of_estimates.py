"""Every public function of estimates, many terms and Bayes refuses arguments no trial can have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import getmembers, isfunction
from math import inf, nan
from pkgutil import iter_modules
from typing import Any

import numpy as np
import pytest

from monitor.stats import bayes, estimates, many_terms
from monitor.stats.many_terms.term_counts import TermCounts

RATE = {"events": 3, "person_time": 40.0}
RISK = {"events": 3, "patients": 40}
RATES = RATE | {"control_events": 2, "control_person_time": 30.0}
RISKS = RISK | {"control_events": 2, "control_patients": 30}
SURE: dict[str, Any] = {"confidence": 0.95}
P = {"p_values": [0.01, 0.2]}
TERMS: dict[str, Any] = {"terms": [TermCounts("skin", 3, 9, 1, 9)]}
PRIOR: dict[str, Any] = {"prior": (1.0, 1.0)}


def square_below(x: Any) -> Any:
    """Return the log density of a normal distribution, up to a constant."""
    return -x * x


DENSITY: dict[str, Any] = {"log_density": square_below}

ARGUMENTS: dict[str, dict[str, Any]] = {
    "rate_byar": RATE | SURE,
    "rate_mid_p": RATE | SURE,
    "rate_jeffreys": RATE | SURE,
    "rate_normal": RATE | SURE,
    "rate_ratio_score": RATES | SURE,
    "rate_difference_score": RATES | SURE,
    "risk_difference_wald": RISKS | SURE,
    "agresti_caffo": RISKS | SURE,
    "risk_ratio_katz": RISKS | SURE,
    "risk_ratio_score": RISKS | SURE,
    "odds_ratio": RISKS | SURE,
    "barnard": RISKS | {"alternative": "less"},
    "boschloo": RISKS | {"alternative": "less"},
    "poisson_e_test": RATES | {"null_difference": 0.0},
    "check_alternative": {"alternative": "greater"},
    "largest_probability": {"is_extreme": np.eye(2, dtype=bool)},
    "log_combinations": {"patients": 4, "counts": np.array([2.0])},
    "bonferroni": P | {"alpha": 0.05, "shares": [0.5, 0.5]},
    "double_fdr": P | {"organ_classes": ["skin", "eye"], "q": 0.1},
    "berry_berry": TERMS
    | {"numbers": np.random.default_rng(1), "chains": 2, "burn_in": 0, "draws": 2},
    "arms_of": TERMS,
    "membership_of": TERMS,
    "probability_rate_ratio_above": RATES | {"ratio": 2.0, "prior_shape": 0.5, "prior_rate": 0.0},
    "probability_risk_above": RISK | PRIOR | {"threshold": 0.2},
    "probability_risk_ratio_above": RISKS | PRIOR | {"ratio": 2.0},
    "blinded_relative_risk_above": RATE
    | PRIOR
    | {"ratio": 2.0, "background_rate": 0.1, "allocation_ratio": 2.0},
    "support": DENSITY | {"slope": 1.0, "fall": 1.0},
    "integral": DENSITY | {"low": -9.0, "high": 9.0, "peak": 0.0},
    "log_beta_density": {"a": 1.0, "b": 1.0},
}
"""Arguments that each public function accepts."""

COUNT, AMOUNT, POSITIVE = [-1, 0.5, nan, inf], [-1.0, nan, inf], [0.0, -1.0, nan, inf]
PROBABILITY, TEXT = [0.0, 1.0, -0.1, nan], ["other", "", None]
WRONG: dict[str, list[Any]] = {
    "events": COUNT, "control_events": COUNT, "patients": COUNT, "control_patients": COUNT,
    "person_time": AMOUNT, "control_person_time": AMOUNT, "null_difference": AMOUNT,
    "prior_rate": AMOUNT, "ratio": POSITIVE, "prior_shape": POSITIVE,
    "background_rate": POSITIVE, "allocation_ratio": POSITIVE, "slope": POSITIVE,
    "fall": POSITIVE, "a": POSITIVE, "b": POSITIVE, "low": [nan, -inf, 10.0],
    "high": [nan, inf, -10.0], "confidence": PROBABILITY, "alpha": PROBABILITY,
    "q": PROBABILITY, "threshold": PROBABILITY, "alternative": TEXT,
    "prior": [(0.0, 1.0), (1.0, nan), (1.0,), (1.0, -1.0), (inf, 1.0)],
    "p_values": [[0.1, nan], [0.1, 1.5], [-0.1, 0.1]],
    "shares": [[0.6, 0.6], [nan, 0.1], [-0.1, 0.5], [0.5]], "organ_classes": [["skin"], []],
    "is_extreme": [np.ones(3, dtype=bool), np.ones((0, 2), dtype=bool)],
    "terms": [()], "chains": COUNT, "draws": [*COUNT, 1], "burn_in": COUNT,
}  # fmt: skip
"""Values that each argument refuses."""
UNCHECKED = {"log_density", "counts", "peak", "numbers"}
"""Arguments that are functions, generators, or what a caller computed: any value has a meaning."""


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every public function that a module of the three folders defines."""
    for package in (estimates, many_terms, bayes):
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            for name, member in getmembers(import_module(module.name), isfunction):
                if member.__module__ == module.name and not name.startswith("_"):
                    yield name, member


FUNCTIONS = dict(public_functions())
WRONG_CALLS = [
    (name, argument, value)
    for name, arguments in ARGUMENTS.items()
    for argument in arguments
    for value in WRONG.get(argument, [])
]


def test_every_public_function_and_argument_is_in_the_tables():
    """A new function, or a new argument, needs its wrong values."""
    assert set(FUNCTIONS) == set(ARGUMENTS)
    assert {each for arguments in ARGUMENTS.values() for each in arguments} == {*WRONG, *UNCHECKED}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_right_arguments_are_accepted(name: str):
    """Otherwise the refusals below could be of something else."""
    FUNCTIONS[name](**ARGUMENTS[name])


@pytest.mark.parametrize(("name", "argument", "value"), WRONG_CALLS)
def test_a_wrong_argument_is_refused_with_its_value_and_a_remedy(
    name: str, argument: str, value: Any
):
    """The message says which value is wrong, and what to give instead."""
    with pytest.raises(ValueError) as refusal:
        FUNCTIONS[name](**{**ARGUMENTS[name], argument: value})

    message = str(refusal.value)
    assert "give " in message or "count " in message
    items = value if isinstance(value, list) else [value]
    assert any(repr(item) in message for item in items) or argument in message


@pytest.mark.parametrize("bad", [-1, 0.5, nan, inf, 10])
def test_a_term_with_wrong_counts_is_refused(bad: Any):
    """Ten of nine patients are as wrong as no number of them."""
    term = TermCounts("skin", 3, 9, bad, 9)

    with pytest.raises(ValueError):
        FUNCTIONS["arms_of"]([term])


def test_more_patients_with_an_event_than_patients_are_refused():
    """Events were counted in place of patients."""
    names = [name for name, arguments in ARGUMENTS.items() if "patients" in arguments]
    for name in names:
        if "events" in ARGUMENTS[name]:
            with pytest.raises(ValueError, match="of 40 patients"):
                FUNCTIONS[name](**ARGUMENTS[name] | {"events": 41})
