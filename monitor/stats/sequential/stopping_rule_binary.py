"""Stopping rules of one arm, for patients with and without an event against a tolerable risk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log

import numpy as np
from scipy.special import betainc, betaincc, xlogy

from monitor.stats.e_value import Floats
from monitor.stats.estimate import (
    check_amount,
    check_positive,
    check_probability,
    checked_count,
)
from monitor.stats.sequential.binomial_paths import checked_looks
from monitor.stats.sequential.score_table import BinaryRule, calibrated_rule, rule_at

Score = Callable[[Floats, Floats], Floats]
"""The score of events among patients: it rises with the events, and a rule stops at a high one."""

SMALLEST = 5e-324
"""A p-value that is 0 in double precision counts as this one."""


def pocock_score(null_probability: float) -> Score:
    """Return minus the log of the exact p-value, P(X >= events) at *null_probability*.

    A critical score c stops at p-values of at most exp(-c), the same at every look (Pocock 1977,
    Biometrika 64:191-199, in the exact binomial form of Ivanova, Qaqish & Schell 2005).

    Raises ValueError where *null_probability* is not between 0 and 1.
    """
    _check("null_probability", null_probability)

    def score(events: Floats, patients: Floats) -> Floats:
        some = np.maximum(events, 1.0)
        p = betainc(some, np.maximum(patients - some + 1.0, 1.0), null_probability)
        return np.where(events > 0.0, -np.log(np.maximum(p, SMALLEST)), 0.0)

    return score


def wang_tsiatis_score(null_probability: float, delta: float, patients_max: int) -> Score:
    """Return the standardised excess of events times ``(patients / patients_max)^(0.5 - delta)``.

    The excess over ``n p`` is in units of ``sqrt(n p (1 - p))`` (Wang & Tsiatis 1987, Biometrics
    43:193-199).  *delta* 0 is O'Brien & Fleming's rule (1979, Biometrics 35:549-556), 0.5 Pocock's
    with a normal approximation.

    Raises ValueError where *null_probability* is not between 0 and 1, *delta* is negative or not
    finite, or *patients_max* is not at least 1.
    """
    _check("null_probability", null_probability)
    check_amount("delta", delta)
    check_positive("patients_max", patients_max)
    variance = null_probability * (1.0 - null_probability)

    def score(events: Floats, patients: Floats) -> Floats:
        z = (events - patients * null_probability) / np.sqrt(patients * variance)
        return z * (patients / patients_max) ** (0.5 - delta)

    return score


def beta_binomial_score(null_probability: float, prior: tuple[float, float]) -> Score:
    """Return the posterior probability that the risk is above *null_probability*.

    The prior is beta with the parameters *prior*, pseudo-patients with and without an event
    (Geller et al. 2003, in: Advances in Clinical Trial Biostatistics).

    Raises ValueError where *null_probability* is not between 0 and 1, or a parameter of *prior* is
    not above zero.
    """
    _check("null_probability", null_probability)
    for parameter in prior:
        check_positive("prior", parameter)

    def score(events: Floats, patients: Floats) -> Floats:
        without = np.maximum(patients - events, 0.0)
        above = betaincc(prior[0] + events, prior[1] + without, null_probability)
        return np.asarray(above, dtype=float)

    return score


def sprt_score(null_probability: float, alternative_probability: float) -> Score:
    """Return the log likelihood ratio of *alternative_probability* to *null_probability*.

    Stopping only upwards, and at the last look at the latest: Wald's test, truncated (Goldman
    1987, Controlled Clinical Trials 8:323-337).

    Raises ValueError where the two are not between 0 and 1 in increasing order.
    """
    _check("null_probability", null_probability)
    if not null_probability < alternative_probability < 1.0:
        raise ValueError(
            f"alternative_probability is {alternative_probability!r}: give a number between "
            f"{null_probability!r} and 1"
        )
    with_event = log(alternative_probability / null_probability)
    without = log((1.0 - alternative_probability) / (1.0 - null_probability))
    return lambda events, patients: events * with_event + (patients - events) * without


def maxsprt_score(null_probability: float) -> Score:
    """Return the log of the maximal likelihood ratio for a risk above *null_probability*.

    ``x log(x / (n p)) + (n - x) log((n - x) / (n (1 - p)))`` where x is above n p, else 0
    (Kulldorff et al. 2011, Sequential Analysis 30:58-78).

    Raises ValueError where *null_probability* is not between 0 and 1.
    """
    _check("null_probability", null_probability)

    def score(events: Floats, patients: Floats) -> Floats:
        without = np.maximum(patients - events, 0.0)
        ratio = xlogy(events, events / (patients * null_probability))
        ratio = ratio + xlogy(without, without / (patients * (1.0 - null_probability)))
        return np.where(events > patients * null_probability, ratio, 0.0)

    return score


def stopping_rule_binary(
    looks: Sequence[int],
    score: Score,
    null_probability: float,
    alpha: float,
    *,
    minimum_events: int = 0,
) -> BinaryRule:
    """Return the rule of *score* that stops falsely with probability at most *alpha*.

    *looks* are numbers of patients, like ``range(1, 31)`` for a look after each of 30.  *score* is
    one of the functions of this module.  The type I error is exact at *null_probability*, and
    smaller below it.  No look stops with fewer than *minimum_events*.

    >>> rule = stopping_rule_binary(range(1, 31), beta_binomial_score(0.2, (0.6, 2.4)), 0.2, 0.1)
    >>> rule.limits[:10], round(rule.crossing(0.2).upper_probability, 8)
    ([2, 3, 3, 3, 4, 4, 5, 5, 5, 5], 0.09957367)

    Raises ValueError where *looks* do not increase, or *null_probability* or *alpha* is not between
    0 and 1.
    """
    looks = checked_looks(looks)
    table = score_table(looks, score, minimum_events)
    return calibrated_rule(looks, table, null_probability, alpha)


def stopping_rule_at(
    looks: Sequence[int], score: Score, critical_value: float, *, minimum_events: int = 0
) -> BinaryRule:
    """Return the rule that stops where *score* is *critical_value* or more.

    >>> stopping_rule_at([5, 10], sprt_score(0.1, 0.3), 1.5).limits
    [3, 3]

    Raises ValueError where *looks* do not increase or *critical_value* is no finite number.
    """
    looks = checked_looks(looks)
    return rule_at(looks, score_table(looks, score, minimum_events), critical_value)


def score_table(looks: list[int], score: Score, minimum_events: int) -> Floats:
    """Return *score* at each look (row) for each number of events (column).

    Below *minimum_events* it is minus infinity, above the patients of the look plus infinity.

    Raises ValueError where *looks* do not increase or *minimum_events* is no count.
    """
    minimum_events = checked_count("minimum_events", minimum_events)
    whole = checked_looks(looks)
    patients = np.array(whole, dtype=float)[:, np.newaxis]
    events = np.arange(whole[-1] + 1, dtype=float)[np.newaxis, :]
    table = np.where(events <= patients, score(np.minimum(events, patients), patients), np.inf)
    return np.where(events < minimum_events, -np.inf, table)


def _check(name: str, probability: float) -> None:
    check_probability(name, probability, "a risk between 0 and 1, like 0.2")
