"""Computes how sequential rules end a second time, by other and plainer ways than the product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import comb, exp, factorial

Decision = Callable[[int, int], bool]
"""Whether a rule stops with so many events among so many patients."""


def enumerated(
    looks: Sequence[int], upper: Sequence[int], lower: Sequence[int], p: float
) -> tuple[list[float], list[float], float]:
    """Return the crossing probabilities and the mean trials by listing every sequence of trials."""
    above, below, mean = [0.0] * len(looks), [0.0] * len(looks), 0.0
    for outcomes in product((0, 1), repeat=looks[-1]):
        mass = p ** sum(outcomes) * (1.0 - p) ** (len(outcomes) - sum(outcomes))
        trials = looks[-1]
        for number, look in enumerate(looks):
            count = sum(outcomes[:look])
            if count >= upper[number] or count <= lower[number]:
                (above if count >= upper[number] else below)[number] += mass
                trials = look
                break
        mean += mass * trials
    return above, below, mean


def stop_probability(patients: int, p: float, stops: Decision) -> float:
    """Return the probability that a rule ever stops, patient by patient, as a dictionary of states.

    Paths that have stopped are removed.
    """
    running, stopped = {0: 1.0}, 0.0
    for number in range(1, patients + 1):
        following: dict[int, float] = {}
        for events, mass in running.items():
            for added, share in ((0, 1.0 - p), (1, p)):
                following[events + added] = following.get(events + added, 0.0) + mass * share
        for events in [events for events in following if stops(events, number)]:
            stopped += following.pop(events)
        running = following
    return stopped


def poisson_stop_probability(times: Sequence[float], limits: Sequence[int], rate: float) -> float:
    """Return the probability that a Poisson count is at its limit or above, at any of *times*."""
    running, start = {0: 1.0}, 0.0
    for time, limit in zip(times, limits, strict=True):
        following: dict[int, float] = {}
        for events, mass in running.items():
            for added in range(limit - events):
                share = poisson(added, rate * (time - start))
                following[events + added] = following.get(events + added, 0.0) + mass * share
        running, start = following, time
    return 1.0 - sum(running.values())


def poisson(count: int, mean: float) -> float:
    """Return the probability of *count* events where *mean* are expected."""
    return exp(-mean) * mean**count / factorial(count)


def binomial(count: int, trials: int, p: float) -> float:
    """Return the probability of *count* successes."""
    return comb(trials, count) * p**count * (1.0 - p) ** (trials - count)
