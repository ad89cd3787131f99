"""A proportion of patients with score limits, alone and inside Newcombe's difference."""

from __future__ import annotations

from math import sqrt

from monitor.stats.estimate import Estimate, checked_proportion, normal_quantile


def wilson(events: int, patients: int, *, confidence: float = 0.95) -> Estimate:
    """The share of *patients* with an event, with limits from inverting the score test.

    Covers the truth about as often as it says, on average over shares, also in small arms
    (Wilson 1927, JASA 22:209-212; Newcombe 1998, Statistics in Medicine 17:857-872, method 3).

    >>> [round(x, 4) for x in wilson(15, 148)]
    [0.1014, 0.0624, 0.1605]
    >>> wilson(0, 20).low, round(wilson(0, 20).high, 4)
    (0.0, 0.1611)
    >>> wilson(0, 0)
    Estimate(value=None, low=0.0, high=1.0)
    """
    events, patients = checked_proportion(events, patients)
    z = normal_quantile(confidence)
    if not patients:
        return Estimate(None, 0.0, 1.0)
    return Estimate(
        events / patients,
        _lower_limit(events, patients, z),
        # Said of patients without an event, so that an arm and its complement mirror exactly.
        1.0 - _lower_limit(patients - events, patients, z),
    )


def _lower_limit(events: int, patients: int, z: float) -> float:
    centre = events + z * z / 2.0
    half_width = z * sqrt(events * (patients - events) / patients + z * z / 4.0)
    # Low times high is ``events**2 / patients / (patients + z * z)``: no cancellation near zero.
    return events * events / (patients * (centre + half_width))
