"""Computes the published cases of scheduled looks and single-arm stopping rules."""

from __future__ import annotations

from collections.abc import Callable
from math import log, log1p
from typing import Any

from monitor.stats.sequential.alpha_spending import Spending, alpha_spending_function
from monitor.stats.sequential.binomial_paths import binomial_crossing
from monitor.stats.sequential.group_sequential import (
    gs_bounds_by_spending,
    gs_spending_bounds,
    gs_unadjusted_type_i_error,
    gs_wang_tsiatis_bounds,
)
from monitor.stats.sequential.stopping_rule_binary import (
    Score,
    beta_binomial_score,
    maxsprt_score,
    pocock_score,
    sprt_score,
    stopping_rule_binary,
    wang_tsiatis_score,
)
from monitor.stats.sequential.stopping_rule_person_time import (
    TimeRule,
    gamma_poisson_times,
    maxsprt_times,
    sprt_times,
    stopping_rule_person_time_at,
    wang_tsiatis_times,
)
from monitor.stats.sequential.thall_simon import thall_simon_boundary
from tests.independent.adapters_sequential import event_looks

Inputs = dict[str, Any]

SPENDING = {
    "LDOF": Spending.OBRIEN_FLEMING,
    "LDPocock": Spending.POCOCK,
    "HSD": Spending.HWANG_SHIH_DECANI,
    "KimDeMets": Spending.KIM_DEMETS,
}
DELTA = {"OF": 0.0, "OBF": 0.0, "P": 0.5, "Pocock": 0.5}
"""Wang and Tsiatis's exponent of the rules that have a name."""


def spending_bounds(inputs: Inputs) -> list[float]:
    """Return the bounds of a spending function, or of alpha that the user spends."""
    if inputs["spending"] == "user":
        return gs_bounds_by_spending(
            inputs["information"], inputs["cumulative_alpha"], sides=inputs["sides"]
        )
    return gs_spending_bounds(
        inputs["information"],
        inputs["alpha"],
        SPENDING[inputs["spending"]],
        inputs.get("parameter"),
        sides=inputs["sides"],
    )


def shaped_bounds(inputs: Inputs, delta: float) -> list[float]:
    """Return the bounds of a fixed shape at equally spaced looks."""
    assert inputs.get("information", "equal") == "equal"
    looks = range(1, inputs["K"] + 1)
    return gs_wang_tsiatis_bounds(looks, inputs["alpha"], delta, sides=inputs["sides"])


def exact_binomial(inputs: Inputs) -> Inputs:
    """Return the exact crossing probabilities of a binomial rule, and its mean number of trials."""
    looks, limits, lower = inputs["n"], inputs["upper"], inputs["lower"]
    ends = [binomial_crossing(looks, limits, p, lower=lower) for p in inputs["p"]]
    crossings = {f"upper_p{number}": end.upper for number, end in enumerate(ends, start=1)}
    return crossings | {"EN": [end.mean_trials for end in ends]}


def score_of(inputs: Inputs) -> Score:
    """Return the score of a single-arm rule, by its name in R's package stoppingrule."""
    p0, kind, parameter = inputs["p0"], inputs["type"], inputs["param"]
    scores: dict[str, Callable[[], Score]] = {
        "Pocock": lambda: pocock_score(p0),
        "OBF": lambda: wang_tsiatis_score(p0, 0.0, inputs["n"]),
        "WT": lambda: wang_tsiatis_score(p0, parameter, inputs["n"]),
        "BB": lambda: beta_binomial_score(p0, parameter),
        "SPRT": lambda: sprt_score(p0, parameter),
        "MaxSPRT": lambda: maxsprt_score(p0),
    }
    return scores[kind]()


def binary_rule(inputs: Inputs) -> Inputs:
    """Return the limits of a single-arm rule, and how it ends at each risk."""
    rule = stopping_rule_binary(
        event_looks(inputs), score_of(inputs), inputs["p0"], inputs["alpha"]
    )
    ends = [(p, rule.crossing(p)) for p in inputs["oc_at_p"]]
    return {
        "boundary": rule.limits,
        "reject_prob": [end.upper_probability for _, end in ends],
        "expected_events": [p * end.mean_trials for p, end in ends],
    }


def rate_of(risk: float, days: float) -> float:
    """Return the constant rate by which so many have an event within *days*."""
    return -log1p(-risk) / days


def times_of(inputs: Inputs) -> TimeRule:
    """Return the family of rules by person-time, by its name in R's package stoppingrule."""
    kind, parameter, p0 = inputs["type"], inputs["param"], inputs["p0"]
    null_rate, planned = rate_of(p0, inputs["tau"]), inputs["n"] * p0
    families: dict[str, Callable[[], TimeRule]] = {
        "WT": lambda: wang_tsiatis_times(parameter, planned),
        "SPRT": lambda: sprt_times(log(1.0 - parameter) / log(1.0 - p0)),
        "MaxSPRT": maxsprt_times,
        "GP": lambda: gamma_poisson_times(parameter[0], parameter[1] * null_rate),
    }
    if kind in DELTA:
        return wang_tsiatis_times(DELTA[kind], planned)
    return families[kind]()


def person_time_rule(inputs: Inputs) -> Inputs:
    """Return the first times of a rule by person-time, and how often it stops at each risk."""
    days = inputs["tau"]
    rule = stopping_rule_person_time_at(
        times_of(inputs), rate_of(inputs["p0"], days), inputs["n"] * days, inputs["cval"]
    )
    return {
        "first_times": rule.person_time[:3],
        "first_count": rule.limits[0],
        "reject_prob": [rule.stop_probability(rate_of(p, days)) for p in inputs["oc_at_p"]],
    }


ADAPTERS: dict[str, Callable[[Inputs], Any]] = {
    "gs_spending_bounds": spending_bounds,
    "gs_wang_tsiatis_constant": lambda i: shaped_bounds(i, i["delta"])[-1],
    "gs_bounds": lambda i: shaped_bounds(i, DELTA[i["type"]]),
    "gs_unadjusted_type_I": lambda i: gs_unadjusted_type_i_error(
        i["looks"], i["critical_z"], sides=i["sides"]
    ),
    "gs_binomial_exact": exact_binomial,
    "alpha_spending_function": lambda i: alpha_spending_function(
        SPENDING[i["name"]], i["alpha"], i["t"], i["parameter"]
    ),
    "stopping_rule_binary": binary_rule,
    "stopping_rule_person_time": person_time_rule,
    "thall_simon_boundary": lambda i: thall_simon_boundary(
        i["n_max"],
        i["standard_beta"],
        i["experimental_prior"],
        margin=i["delta"],
        threshold=i["threshold"],
    ),
}
"""By method of the file: what computes the expected values from a case's inputs."""
