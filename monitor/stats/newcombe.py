"""A risk difference with hybrid score limits (Newcombe 1998), from two Wilson intervals."""

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
    """Return the risk difference, treatment minus control, by Newcombe's hybrid score method.

    Each limit combines the distances from both proportions to their Wilson limits as a root sum
    of squares.  Limits stay within -1..1, and the interval never has length 0 (Newcombe 1998,
    Statistics in Medicine 17:873-890, method 10).  *events* counts patients with an event.
    Without patients on an arm the value is None.  Raises ValueError where an argument is out of
    range, as `wilson` does.

    >>> ours = newcombe(events=56, patients=70, control_events=48, control_patients=80)
    >>> [round(x, 4) for x in ours]
    [0.2, 0.0524, 0.3339]

    Without events on either arm there is an interval too:

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
