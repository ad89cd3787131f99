"""Fisher's exact test of two arms, for the column that every published safety table has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitor.stats.estimate import checked_proportion
from monitor.stats.rate_ratio import TailProbabilities

TIE_FACTOR = 1.0 + 1e-7
"""Two tables are equally likely up to this factor: base R's own tolerance in ``fisher.test``."""


def fisher(
    *, events: int, patients: int, control_events: int, control_patients: int
) -> TailProbabilities:
    """The exact p-values of equal risk on both arms, all margins of the table given.

    *greater* is small when treatment has the higher risk.  *two_sided* adds up every table no
    likelier than the one observed, as R, SAS and the published tables do (Fisher 1935, The Design
    of Experiments; Fay 2010, Biostatistics 11:373-374, on what it does not invert to).

    >>> round(fisher(events=3, patients=4, control_events=1, control_patients=4).greater, 6)
    0.242857
    >>> round(fisher(events=30, patients=52, control_events=11, control_patients=48).two_sided, 9)
    0.000522556

    Nobody with an event, or nobody on an arm, is no reason to doubt:

    >>> fisher(events=0, patients=52, control_events=0, control_patients=48).two_sided
    1.0
    """
    events, patients = checked_proportion(events, patients)
    control_events, control_patients = checked_proportion(control_events, control_patients)
    probabilities = _relative_probabilities(events + control_events, patients, control_patients)
    # The first table is the one with the fewest events on treatment that the margins allow.
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
    """The relative chance of each table with *both* events in all.

    From the likeliest table outwards, each by its ratio to its neighbour: nothing overflows, and
    what becomes zero is below 1e-308 of the likeliest.
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
