"""Computes the published cases of the e-process, through the product's functions."""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any

import numpy as np

from monitor.stats.concurrent import PartialLikelihood
from monitor.stats.confidence_sequence import confidence_sequence
from monitor.stats.e_value import log_e
from monitor.stats.reference import EstimatedRate, KnownRate
from tests.independent.risk_sets import risk_sets_of

Inputs = dict[str, Any]

PATIENTS_MAX = 200
"""Every published share at risk occurs in a risk set of fewer patients than this."""


def risk_sets_of_shares(given: Inputs, count: int | None = None) -> PartialLikelihood:
    """Return risk sets of the first *count* events, with the published treated shares.

    They are built by the product, which leaves out risk sets with an empty arm.
    """
    shares = given["p_treatment_at_risk"][:count]
    sizes = [patients_of(share) for share in shares]
    events = given["x_in_treatment"][:count]
    return risk_sets_of([(x, *size) for x, size in zip(events, sizes, strict=True)])


def patients_of(share: float) -> tuple[int, int]:
    """Return the smallest numbers at risk, treated and control, with this treated *share*."""
    for total in range(1, PATIENTS_MAX):
        if abs(share * total - round(share * total)) < 1e-9:
            return round(share * total), total - round(share * total)
    raise AssertionError(f"{share} is not the share of a risk set of {PATIENTS_MAX}")


def log_e_path(given: Inputs) -> list[float]:
    """Return log E after each event."""
    counts = range(1, len(given["x_in_treatment"]) + 1)
    return [log_e(risk_sets_of_shares(given, count).log_likelihood) for count in counts]


def default_process(given: Inputs) -> Inputs:
    """Return log E at the end and at its maximum."""
    path = log_e_path(given)
    return {"log_E_final": path[-1], "log_E_max": max(path)}


def operating(given: Inputs) -> Inputs:
    """Return the probability that E reaches ``1 / alpha`` within N events at a constant share.

    By dynamic programming: the state is the number of treated events, and paths that have crossed
    are removed.
    """
    p, level = given["p0"], log(1 / given["alpha"])
    open_mass, crossed, first_boundary = {0: 1.0}, 0.0, 0
    for count in range(1, given["N"] + 1):
        next_mass: dict[int, float] = {}
        for treated, mass in open_mass.items():
            next_mass[treated] = next_mass.get(treated, 0.0) + mass * (1 - p)
            next_mass[treated + 1] = next_mass.get(treated + 1, 0.0) + mass * p
        crossing = {
            x for x in next_mass if log_e(equal_risk_sets(x, count, p).log_likelihood) >= level
        }
        crossed += sum(next_mass.pop(x) for x in crossing)
        first_boundary = first_boundary or (count if crossing else 0)
        open_mass = next_mass
    return {"type_I_error": crossed, "first_boundary": first_boundary}


def equal_risk_sets(treated: int, events: int, share: float) -> PartialLikelihood:
    """Return *events* risk sets with the same treated *share*."""
    return PartialLikelihood(treated=treated, events=events, shares=np.full(events, share))


def historical_control(given: Inputs) -> float:
    """Return log E of first events against a rate estimated from historical events."""
    rate = EstimatedRate(
        events=given["events"],
        historical_events=given["historical_events"],
        time_ratio=given["person_time_ratio"],
    )
    return log_e(rate.log_likelihood)


ADAPTERS: dict[str, Callable[[Inputs], Any]] = {
    "e_process_default": default_process,
    "e_process_operating": operating,
    "rate_ratio_confidence_sequence": lambda i: confidence_sequence(
        risk_sets_of_shares(i).log_likelihood, i["alpha"]
    ),
    "e_process_historical_control": historical_control,
    "e_process_background_rate": lambda i: log_e(
        KnownRate(events=i["events"], expected=i["expected"]).log_likelihood
    ),
}
"""By method of the file: what computes the expected values from a case's inputs."""
