"""`python -m benchmarks.statistics`: seconds of statistical methods, beside scipy.stats.

Each row computes the same number twice in one run: by the product, and by a plain program on
`scipy.stats` and `scipy.optimize`.  The two must agree.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from math import isclose, log
from statistics import median
from time import process_time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import nbinom, poisson

from benchmarks.report import commit_text, goal_text, section
from monitor.stats.sequential.conditional_maxsprt import HistoryEnd, cmaxsprt_critical_value
from monitor.stats.sequential.poisson_maxsprt import poisson_maxsprt_critical_value

RUNS = 5
HISTORY = 20
"""Events of the history of conditional MaxSPRT."""


class Row(NamedTuple):
    """A method, the two programs that compute it, and the seconds that it may take.

    *repeats* is how often one measurement computes it: more where one call takes microseconds.
    """

    name: str
    product: Callable[[], float]
    peer: Callable[[], float]
    goal_seconds: float
    repeats: int = 1
    agreement: float = 1e-6


def poisson_peer(expected: float, alpha: float) -> float:
    """Return the critical value of Poisson MaxSPRT by scipy's distributions and root finder."""

    def time_of(count: int, critical: float) -> float:
        def excess(mean: float) -> float:
            return mean - count + count * log(count / mean) - critical

        return brentq(excess, 1e-300, count)

    def type_i_error(critical: float) -> float:
        mass: NDArray[np.float64] = np.ones(1)
        start, count = 0.0, 0
        while start < expected:
            count += 1
            time = min(time_of(count, critical), expected)
            increments = poisson.pmf(np.arange(count), time - start)
            mass, start = np.convolve(mass, increments)[:count], time
        return 1.0 - float(mass.sum())

    return brentq(lambda critical: type_i_error(critical) - alpha, 1.0, 10.0, xtol=1e-10)


def conditional_peer(events: int, alpha: float) -> float:
    """Return the critical value of conditional MaxSPRT by scipy's negative binomial."""

    def ratio_of(k: int, critical: float) -> float:
        def excess(u: float) -> float:
            t = np.exp(u)
            both = (HISTORY + k) * np.log1p(t) - k * u - critical
            return both + HISTORY * log(HISTORY / (HISTORY + k)) + k * log(k / (HISTORY + k))

        return float(np.exp(brentq(excess, -700.0, log(k / HISTORY))))

    def type_i_error(critical: float) -> float:
        mass = np.array([1.0])
        before = 0.0
        for k in range(1, events + 1):
            ratio = ratio_of(k, critical)
            share = (1.0 + before) / (1.0 + ratio)
            following = np.zeros(k)
            for j, p in enumerate(mass):
                following[j:] += p * nbinom.pmf(np.arange(k - j), HISTORY + j, share)
            mass, before = following, ratio
        return 1.0 - float(mass.sum())

    return brentq(lambda critical: type_i_error(critical) - alpha, 1.0, 10.0, xtol=1e-10)


ROWS = [
    Row(
        "Poisson MaxSPRT, critical value, T = 100",
        lambda: poisson_maxsprt_critical_value(100.0, 0.05),
        lambda: poisson_peer(100.0, 0.05),
        0.1,
    ),
    Row(
        "conditional MaxSPRT, critical value, K = 20",
        lambda: cmaxsprt_critical_value(HISTORY, 20, 0.05, history_end=HistoryEnd.AT_EVENT),
        lambda: conditional_peer(20, 0.05),
        0.5,
    ),
    Row(
        "conditional MaxSPRT, exact end of history, K = 20",
        lambda: cmaxsprt_critical_value(HISTORY, 20, 0.05, history_end=HistoryEnd.BETWEEN_EVENTS),
        lambda: conditional_peer(20, 0.05),
        0.5,
        agreement=0.1,
    ),
]
"""The measured methods; the last one's peer is the simpler variant, so it agrees roughly."""


def measure(program: Callable[[], float], repeats: int) -> tuple[float, float]:
    """Return what *program* computes, and the median CPU seconds of a call."""
    value, seconds = program(), list[float]()
    for _ in range(RUNS):
        start = process_time()
        for _ in range(repeats):
            program()
        seconds.append((process_time() - start) / repeats)
    return value, median(seconds)


def cells(row: Row) -> list[str]:
    """Return the measured row as cells of the table."""
    (ours, seconds), (theirs, peer_seconds) = (
        measure(program, row.repeats) for program in (row.product, row.peer)
    )
    assert isclose(ours, theirs, abs_tol=row.agreement), f"{row.name}: {ours} is not {theirs}"
    return [
        row.name,
        f"{ours:.6f}",
        f"{1e3 * seconds:.4g}",
        f"{1e3 * peer_seconds:.4g}",
        f"{peer_seconds / seconds:.0f} x",
        goal_text(seconds <= row.goal_seconds, f"at most {1e3 * row.goal_seconds:g} ms"),
    ]


def main() -> int:
    """Print the table; return 1 where a goal is missed."""
    rows = [cells(row) for row in ROWS]
    header = ["method", "value", "product, ms", "scipy.stats, ms", "ratio", ""]
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    print(f"`python -m benchmarks.statistics` at commit {commit_text()}; {machine}.")
    print(section("Statistical methods", header, rows))
    return int(any("NOT MET" in row[-1] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
