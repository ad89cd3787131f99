"""A proportion of patients with score limits (Wilson 1927), also used by Newcombe's difference."""

from __future__ import annotations

from math import sqrt

from monitor.stats.estimate import Estimate, checked_proportion, normal_quantile


def wilson(events: int, patients: int, *, confidence: float = 0.95) -> Estimate:
    """Return ``events / patients`` with limits from inverting the score test, all between 0 and 1.

    For x events of n the limits are ``(x + z^2/2 -/+ z sqrt(x (n - x)/n + z^2/4)) / (n + z^2)``.
    Coverage is *confidence* on average over proportions, also in small arms (Wilson 1927, JASA
    22:209-212; Newcombe 1998, Statistics in Medicine 17:857-872, method 3).  *events* counts
    patients with an event.  Without patients the value is None.  Raises ValueError where the
    counts or *confidence* are out of range.

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
        # The lower limit of patients without an event: an arm and its complement mirror exactly.
        1.0 - _lower_limit(patients - events, patients, z),
    )


def _lower_limit(events: int, patients: int, z: float) -> float:
    centre = events + z * z / 2.0
    half_width = z * sqrt(events * (patients - events) / patients + z * z / 4.0)
    # Low times high is ``events**2 / patients / (patients + z * z)``: no cancellation near zero.
    return events * events / (patients * (centre + half_width))
