"""Fisher's exact test of equal risks on two arms, as published safety tables show it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitor.stats.estimate import checked_proportion
from monitor.stats.rate_ratio import TailProbabilities

TIE_FACTOR = 1.0 + 1e-7
"""Probabilities within this factor are equal: the tolerance of base R's ``fisher.test``."""


def fisher(
    *, events: int, patients: int, control_events: int, control_patients: int
) -> TailProbabilities:
    """Return the exact p-values of equal risk on both arms, given all margins of the 2x2 table.

    *greater* is small when treatment has the higher risk.  *two_sided* sums the probabilities of
    all tables no likelier than the observed one, as R and SAS do (Fisher 1935, The Design of
    Experiments).  The usual exact intervals do not invert this test (Fay 2010, Biostatistics
    11:373-374).  *events* and *control_events* count patients with an event.  Raises ValueError
    where a count is not whole and at least 0, or exceeds its patients.

    >>> round(fisher(events=3, patients=4, control_events=1, control_patients=4).greater, 6)
    0.242857
    >>> round(fisher(events=30, patients=52, control_events=11, control_patients=48).two_sided, 9)
    0.000522556

    Without events, or without patients on an arm, p is 1:

    >>> fisher(events=0, patients=52, control_events=0, control_patients=48).two_sided
    1.0
    """
    events, patients = checked_proportion(events, patients)
    control_events, control_patients = checked_proportion(control_events, control_patients)
    probabilities = _relative_probabilities(events + control_events, patients, control_patients)
    # Index 0 is the table with the fewest events on treatment that the margins allow.
    observed = min(events, control_patients - control_events)
    total = float(probabilities.sum())
    limit = probabilities[observed] * TIE_FACTOR
    return TailProbabilities(
        two_sided=min(1.0, float(probabilities[probabilities <= limit].sum()) / total),
        greater=min(1.0, float(probabilities[observed:].sum()) / total),
        less=min(1.0, float(probabilities[: observed + 1].sum()) / total),
    )


def _relative_probabilities(
    total_events: int, patients: int, control_patients: int
) -> NDArray[np.float64]:
    """Return the probability of each table with *total_events* events, relative to the likeliest.

    Tables are in order of events on treatment.  Each is computed from its neighbour, outwards
    from the likeliest: nothing overflows, and what underflows to 0 is below 1e-308 of it.
    """
    spare = control_patients - total_events
    first, last = max(0, -spare), min(total_events, patients)
    likeliest = (total_events + 1) * (patients + 1) // (patients + control_patients + 2) - first
    k = np.arange(first, last, dtype=np.float64)
    ratios = (patients - k) * (total_events - k) / ((k + 1.0) * (spare + k + 1.0))
    probabilities = np.ones(last - first + 1)
    probabilities[likeliest + 1 :] = np.cumprod(ratios[likeliest:])
    probabilities[:likeliest] = np.cumprod(1.0 / ratios[:likeliest][::-1])[::-1]
    return probabilities
