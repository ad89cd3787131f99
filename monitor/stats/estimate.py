"""What every displayed estimate is made of, and what none of them will accept."""

from __future__ import annotations

from typing import NamedTuple

from scipy.special import ndtri


class Estimate(NamedTuple):
    """A value between its limits; *value* is None where the data hold no value to show.

    Limits are always there: with nothing observed they are the ends of the parameter's range.
    """

    value: float | None
    low: float
    high: float


def tail_probability(confidence: float) -> float:
    """The probability left outside each end of a two-sided interval.

    >>> tail_probability(0.9)
    0.04999999999999999
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence is {confidence!r}: give a number between 0 and 1, like 0.95")
    return (1.0 - confidence) / 2.0


def normal_quantile(confidence: float) -> float:
    """How many standard errors a two-sided normal interval reaches to each side.

    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    return -float(ndtri(tail_probability(confidence)))


def checked_rate(events: int, person_time: float) -> tuple[int, float]:
    """The same as plain numbers; counts and person-time that no arm can have are refused."""
    events = _checked_count("events", events)
    if not 0 <= person_time < float("inf"):
        raise ValueError(f"person_time is {person_time!r}: give a finite time, zero or more")
    if events and not person_time:
        raise ValueError(f"{events} events in no person-time: count the days that held them")
    return events, float(person_time)


def checked_proportion(events: int, patients: int) -> tuple[int, int]:
    """The same as plain numbers; counts that no arm can have are refused."""
    events, patients = _checked_count("events", events), _checked_count("patients", patients)
    if events > patients:
        raise ValueError(
            f"{events} of {patients} patients: count patients with an event, not their events"
        )
    return events, patients


def _checked_count(name: str, count: int) -> int:
    # Not ``isinstance``: a NumPy integer is a count too, though its products overflow.
    if not (count >= 0 and count % 1 == 0):
        raise ValueError(f"{name} is {count!r}: give a whole number, zero or more")
    return int(count)
