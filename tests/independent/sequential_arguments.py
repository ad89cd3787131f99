"""The arguments of each public function of the sequential methods: a valid value and its kind."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import Any

import numpy as np

from monitor.stats.sequential.alpha_spending import Spending
from monitor.stats.sequential.beta_binomial_mixture import BetaBinomialMixture
from monitor.stats.sequential.binomial_maxsprt import binomial_maxsprt_at
from monitor.stats.sequential.conditional_maxsprt import HistoryEnd
from monitor.stats.sequential.gamma_mixtures import GammaExponentialMixture, GammaPoissonMixture
from monitor.stats.sequential.normal_mixture import NormalMixture
from monitor.stats.sequential.stopping_rule_binary import maxsprt_score
from monitor.stats.sequential.stopping_rule_person_time import (
    maxsprt_times,
    stopping_rule_person_time_at,
)


class Kind(Enum):
    """What an argument must be."""

    COUNT = auto()
    POSITIVE_COUNT = auto()
    PROBABILITY = auto()
    POSITIVE = auto()
    AMOUNT = auto()
    NUMBER = auto()
    NOT_NAN = auto()
    TIME = auto()
    WEIGHT = auto()
    SIDES = auto()
    DIFFERENCE = auto()
    ABOVE_1 = auto()
    HAZARD_RATIO = auto()
    PRIOR = auto()
    INCREASING = auto()
    LOOKS = auto()
    LIMITS = auto()
    LOWER = auto()
    COUNTS = auto()
    EVENTS = auto()
    RISING = auto()
    SHARES = auto()
    BOUNDS = auto()
    OBSERVATIONS = auto()
    OTHER = auto()


def _falling(value: float) -> float:
    return 1.0 / (1.0 + value * value)


RULE = binomial_maxsprt_at([5, 10], 1.0, 2.0)
TIME_RULE = stopping_rule_person_time_at(maxsprt_times(), 0.01, 500.0, 3.0)
SCORES = np.array([[0.0, 1.0, np.inf], [0.0, 1.0, 2.0]])

METHODS: dict[str, Callable[..., Any]] = {
    "BinaryRule.crossing": RULE.crossing,
    "PersonTimeRule.stop_probability": TIME_RULE.stop_probability,
    "PersonTimeRule.mean_person_time": TIME_RULE.mean_person_time,
    "NormalMixture.log_mixture": NormalMixture(10.0).log_mixture,
    "GammaExponentialMixture.log_mixture": GammaExponentialMixture(10.0, 1.0).log_mixture,
    "GammaPoissonMixture.log_mixture": GammaPoissonMixture(10.0).log_mixture,
    "BetaBinomialMixture.log_mixture": BetaBinomialMixture(10.0, 0.5, 0.5).log_mixture,
}
"""Methods that take arguments of their own."""

ALPHA = (0.05, Kind.PROBABILITY)
P0 = (0.2, Kind.PROBABILITY)
LOOKS = ([5, 10], Kind.LOOKS)
SIDES = (1, Kind.SIDES)
MINIMUM = (1, Kind.POSITIVE_COUNT)
OTHER_SCORES = (SCORES, Kind.OTHER)
ONE_SIDE = (True, Kind.OTHER)
CRITICAL = (3.0, Kind.POSITIVE)
SUM = {"s": (1.0, Kind.NUMBER), "v": (5.0, Kind.AMOUNT)}
RISK_SETS = {
    "at_risk_control": ([5, 4], Kind.COUNTS),
    "at_risk_treatment": ([5, 4], Kind.COUNTS),
    "events_control": ([1, 0], Kind.EVENTS),
    "events_treatment": ([0, 1], Kind.EVENTS),
}
CONTINUOUS = {
    "expected_at_end": (5.0, Kind.POSITIVE),
    "critical_value": CRITICAL,
    "minimum_events": MINIMUM,
    "delay": (1.0, Kind.AMOUNT),
}
GROUPS = {"expected": ([2.0, 4.0], Kind.INCREASING)}
PATHS = {"times": ([1.0, 2.0], Kind.INCREASING), "limits": ([2, 3], Kind.LIMITS)}
CONDITIONAL = {
    "historical_events": (10, Kind.POSITIVE_COUNT),
    "events_max": (5, Kind.POSITIVE_COUNT),
    "minimum_events": MINIMUM,
}
HISTORY = {"history_end": (HistoryEnd.BETWEEN_EVENTS, Kind.OTHER)}
TUNING = {"v_opt": (10.0, Kind.POSITIVE), "alpha_opt": (0.05, Kind.PROBABILITY)}
PERSON_TIME = {
    "rule": (maxsprt_times(), Kind.OTHER),
    "null_rate": (0.01, Kind.POSITIVE),
    "person_time_max": (500.0, Kind.POSITIVE),
}
INFORMATION = {"information": ([1.0, 2.0], Kind.INCREASING)}
SCORED = {"looks": LOOKS, "score": (maxsprt_score(0.2), Kind.OTHER)}
LEAST = {"minimum_events": (1, Kind.COUNT)}
RATIO_Z = {"controls_per_case": (1.0, Kind.POSITIVE)}


def without(arguments: dict[str, Any], name: str) -> dict[str, Any]:
    """Return *arguments* without *name*."""
    return {key: value for key, value in arguments.items() if key != name}


ARGUMENTS: dict[str, dict[str, tuple[Any, Kind]]] = {
    "poisson_crossing": {**PATHS, "rate": (1.0, Kind.POSITIVE)},
    "poisson_mean_time": {
        **PATHS, "rate": (1.0, Kind.POSITIVE), "monitored_from": (0.0, Kind.TIME)
    },
    "checked_boundary": PATHS,
    "poisson_probabilities": {"mean": (1.0, Kind.AMOUNT), "count": (3, Kind.COUNT)},
    "continuous_critical_value": {
        "type_i_error": (_falling, Kind.OTHER), "alpha": ALPHA,
        "low": (0.0, Kind.NUMBER), "high": (10.0, Kind.NUMBER),
    },
    "discrete_critical_value": {
        "type_i_error": (_falling, Kind.OTHER), "alpha": ALPHA,
        "statistics": (np.array([1.0, 5.0]), Kind.OTHER),
    },
    "poisson_maxsprt_llr": {"observed": (3, Kind.COUNT), "expected": (1.0, Kind.AMOUNT)},
    "signal_times": {"counts": (np.array([1.0]), Kind.OTHER), "critical_value": CRITICAL},
    "poisson_maxsprt_boundary": CONTINUOUS,
    "poisson_maxsprt_type_i_error": CONTINUOUS,
    "poisson_maxsprt_critical_value": {**without(CONTINUOUS, "critical_value"), "alpha": ALPHA},
    "poisson_maxsprt_performance": {**CONTINUOUS, "rate_ratio": (2.0, Kind.POSITIVE)},
    "performance_of": {
        **PATHS, "rate_ratio": (2.0, Kind.POSITIVE), "monitored_from": (0.0, Kind.TIME)
    },
    "poisson_maxsprt_group_limits": {
        **GROUPS, "critical_value": CRITICAL, "minimum_events": MINIMUM
    },
    "poisson_maxsprt_group_type_i_error": {**GROUPS, "limits": ([2, 3], Kind.LIMITS)},
    "poisson_maxsprt_group_critical_value": {**GROUPS, "alpha": ALPHA, "minimum_events": MINIMUM},
    "poisson_maxsprt_group_performance": {
        **GROUPS, "limits": ([2, 3], Kind.LIMITS), "rate_ratio": (2.0, Kind.POSITIVE)
    },
    "binomial_crossing": {
        "looks": LOOKS, "upper": ([3, 5], Kind.LIMITS), "probability": P0,
        "lower": ([0, 0], Kind.LOWER),
    },
    "binomial_probabilities": {"trials": (3, Kind.COUNT), "probability": P0},
    "checked_looks": {"looks": LOOKS},
    "limits_of": {
        "looks": LOOKS, "scores": OTHER_SCORES, "critical_value": (1.0, Kind.NOT_NAN)
    },
    "rule_at": {"looks": LOOKS, "scores": OTHER_SCORES, "critical_value": (1.0, Kind.NUMBER)},
    "calibrated_rule": {
        "looks": LOOKS, "scores": OTHER_SCORES, "null_probability": P0, "alpha": ALPHA
    },
    "pocock_score": {"null_probability": P0},
    "wang_tsiatis_score": {
        "null_probability": P0, "delta": (0.25, Kind.AMOUNT), "patients_max": (10, Kind.POSITIVE)
    },
    "beta_binomial_score": {"null_probability": P0, "prior": ((1.0, 4.0), Kind.PRIOR)},
    "sprt_score": {"null_probability": P0, "alternative_probability": (0.4, Kind.PROBABILITY)},
    "maxsprt_score": {"null_probability": P0},
    "stopping_rule_binary": {**SCORED, "null_probability": P0, "alpha": ALPHA, **LEAST},
    "stopping_rule_at": {**SCORED, "critical_value": (1.0, Kind.NUMBER), **LEAST},
    "score_table": {**SCORED, **LEAST},
    "null_share": RATIO_Z,
    "binomial_maxsprt_llr": {
        "cases": (3, Kind.COUNT), "total": (4, Kind.POSITIVE_COUNT), "null_probability": P0
    },
    "binomial_maxsprt": {
        "looks": LOOKS, **RATIO_Z, "alpha": ALPHA, "minimum_cases": (1, Kind.COUNT)
    },
    "binomial_maxsprt_at": {
        "looks": LOOKS, **RATIO_Z, "critical_value": CRITICAL, "minimum_cases": (1, Kind.COUNT)
    },
    "binomial_maxsprt_performance": {
        "rule": (RULE, Kind.OTHER), **RATIO_Z, "rate_ratio": (2.0, Kind.POSITIVE)
    },
    "cond_poisson_llr": {
        "surveillance_events": (3, Kind.COUNT), "historical_events": (5, Kind.POSITIVE_COUNT),
        "person_time_ratio": (0.1, Kind.AMOUNT),
    },
    "cmaxsprt_boundary": {**CONDITIONAL, "critical_value": CRITICAL},
    "cmaxsprt_type_i_error": {**CONDITIONAL, "critical_value": CRITICAL, **HISTORY},
    "cmaxsprt_critical_value": {**CONDITIONAL, "alpha": ALPHA, **HISTORY},
    "wald_sprt_binomial": {
        "null_probability": P0, "alternative_probability": (0.4, Kind.PROBABILITY),
        "alpha": ALPHA, "beta": (0.1, Kind.PROBABILITY),
    },
    "alpha_spending_function": {
        "spending": (Spending.KIM_DEMETS, Kind.OTHER), "alpha": ALPHA,
        "shares": ([0.5, 1.0], Kind.SHARES), "parameter": (2.0, Kind.POSITIVE),
    },
    "normal_crossing": {
        **INFORMATION, "upper": ([2.0, 2.0], Kind.BOUNDS), "lower": ([-2.0, -2.0], Kind.BOUNDS),
        "drift": (0.0, Kind.NUMBER),
    },
    "checked_steps": INFORMATION,
    "gs_bounds_by_spending": {
        **INFORMATION, "cumulative_alpha": ([0.01, 0.02], Kind.RISING), "sides": SIDES
    },
    "gs_spending_bounds": {
        **INFORMATION, "alpha": ALPHA, "spending": (Spending.HWANG_SHIH_DECANI, Kind.OTHER),
        "parameter": (1.0, Kind.NUMBER), "sides": SIDES,
    },
    "gs_wang_tsiatis_bounds": {
        **INFORMATION, "alpha": ALPHA, "delta": (0.25, Kind.AMOUNT), "sides": SIDES
    },
    "gs_unadjusted_type_i_error": {
        "looks": (2, Kind.POSITIVE_COUNT), "critical_z": (2.0, Kind.POSITIVE), "sides": SIDES
    },
    "binomial_spending_limits": {
        "looks": LOOKS, "null_probability": P0, "cumulative_alpha": ([0.01, 0.02], Kind.RISING)
    },
    "wang_tsiatis_times": {
        "delta": (0.25, Kind.WEIGHT), "expected_events": (5.0, Kind.POSITIVE)
    },
    "sprt_times": {"rate_ratio": (2.0, Kind.ABOVE_1)},
    "maxsprt_times": {},
    "gamma_poisson_times": {
        "prior_events": (1.0, Kind.POSITIVE), "prior_expected": (1.0, Kind.POSITIVE)
    },
    "stopping_rule_person_time": {**PERSON_TIME, "alpha": ALPHA},
    "stopping_rule_person_time_at": {**PERSON_TIME, "critical_value": (3.0, Kind.POSITIVE)},
    "thall_simon_boundary": {
        "patients_max": (5, Kind.POSITIVE_COUNT), "standard_prior": ((2.0, 8.0), Kind.PRIOR),
        "experimental_prior": ((0.4, 1.6), Kind.PRIOR), "margin": (0.1, Kind.DIFFERENCE),
        "threshold": (0.95, Kind.PROBABILITY),
    },
    "safe_2x2_evalue": {
        "events_a": ([1, 0], Kind.COUNTS), "events_b": ([0, 1], Kind.EVENTS),
        "patients_a": (1, Kind.POSITIVE_COUNT), "patients_b": (1, Kind.POSITIVE_COUNT),
        "prior_a": ((1.0, 1.0), Kind.PRIOR), "prior_b": ((1.0, 1.0), Kind.PRIOR),
    },
    "safe_logrank_exact": {**RISK_SETS, "hazard_ratio": (0.5, Kind.HAZARD_RATIO)},
    "safe_logrank_gaussian": {
        "z": (1.0, Kind.NUMBER), "events": (10, Kind.COUNT),
        "hazard_ratio": (0.5, Kind.HAZARD_RATIO), "allocation_ratio": (1.0, Kind.POSITIVE),
    },
    "logrank_z": RISK_SETS,
    "mixture_bound": {
        "mixture": (NormalMixture(10.0), Kind.OTHER), "v": (5.0, Kind.POSITIVE), "alpha": ALPHA
    },
    "tuned_rho": {**TUNING, "is_one_sided": ONE_SIDE},
    "check_tuning": {**TUNING, "is_one_sided": ONE_SIDE},
    "check_sum": {**SUM, "lowest": (-1.0, Kind.OTHER), "highest": (9.0, Kind.OTHER)},
    "log_or_minus_infinity": {"value": (0.5, Kind.AMOUNT)},
    "NormalMixture": {**TUNING, "is_one_sided": ONE_SIDE},
    "GammaExponentialMixture": {**TUNING, "c": (1.0, Kind.POSITIVE)},
    "GammaPoissonMixture": {**TUNING, "c": (1.0, Kind.POSITIVE)},
    "BetaBinomialMixture": {
        **TUNING, "g": (0.5, Kind.POSITIVE), "h": (0.5, Kind.POSITIVE), "is_one_sided": ONE_SIDE
    },
    "NormalMixture.log_mixture": SUM,
    "GammaExponentialMixture.log_mixture": SUM,
    "GammaPoissonMixture.log_mixture": SUM,
    "BetaBinomialMixture.log_mixture": SUM,
    "poly_stitching_bound": {
        "v": (5.0, Kind.AMOUNT), "alpha": ALPHA, "v_min": (1.0, Kind.POSITIVE),
        "c": (0.0, Kind.NUMBER), "s": (1.4, Kind.ABOVE_1), "eta": (2.0, Kind.ABOVE_1),
    },
    "bernoulli_confidence_sequence": {
        "events": (3, Kind.COUNT), "patients": (9, Kind.COUNT), "alpha": ALPHA,
        "patients_opt": (10.0, Kind.POSITIVE), "alpha_opt": ALPHA,
    },
    "betting_martingale": {
        "observations": ([0.0, 1.0], Kind.OBSERVATIONS), "null_mean": P0,
        "theta": (0.5, Kind.WEIGHT), "alpha": ALPHA,
    },
    "betting_confidence_sequence": {
        "observations": ([0.0, 1.0], Kind.OBSERVATIONS), "alpha": ALPHA
    },
    "BinaryRule.crossing": {"probability": P0},
    "PersonTimeRule.stop_probability": {"rate": (0.01, Kind.POSITIVE)},
    "PersonTimeRule.mean_person_time": {"rate": (0.01, Kind.POSITIVE)},
}  # fmt: skip
"""By function: each argument with a valid value and its kind."""
