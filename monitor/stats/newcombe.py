"""A difference of two risks from the score limits of each, beside Miettinen and Nurminen's."""

from __future__ import annotations

from math import hypot

from monitor.stats.estimate import Estimate
from monitor.stats.wilson import wilson


def newcombe(
    *,
    events: int,
    patients: int,
    control_events: int,
    control_patients: int,
    confidence: float = 0.95,
) -> Estimate:
    """The risk difference, treatment less control, by Newcombe's hybrid score method.

    The distance from each share to its own Wilson limit, added as one adds standard errors; never
    outside -1..1 and never of length zero (Newcombe 1998, Statistics in Medicine 17:873-890,
    method 10).

    >>> ours = newcombe(events=56, patients=70, control_events=48, control_patients=80)
    >>> [round(x, 4) for x in ours]
    [0.2, 0.0524, 0.3339]

    Nobody with an event on either arm is an interval too:

    >>> ours = newcombe(events=0, patients=10, control_events=0, control_patients=20)
    >>> [round(x, 4) for x in ours]
    [0.0, -0.1611, 0.2775]
    """
    treated = wilson(events, patients, confidence=confidence)
    control = wilson(control_events, control_patients, confidence=confidence)
    if treated.value is None or control.value is None:
        return Estimate(None, -1.0, 1.0)
    difference = treated.value - control.value
    lower_distance = hypot(treated.value - treated.low, control.high - control.value)
    upper_distance = hypot(treated.high - treated.value, control.value - control.low)
    return Estimate(
        difference, max(-1.0, difference - lower_distance), min(1.0, difference + upper_distance)
    )
