"""The result type of the displayed estimates, and the checks of their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from scipy.special import ndtri


class Estimate(NamedTuple):
    """A point estimate with its confidence limits, in the unit of the function that returns it.

    *value* is None where the data hold no estimate, as without person-time.  *low* and *high* are
    then the ends of the parameter's range.
    """

    value: float | None
    low: float
    high: float


def tail_probability(confidence: float) -> float:
    """Return ``(1 - confidence) / 2``, the probability outside each end of a two-sided interval.

    Raises ValueError where *confidence* is not between 0 and 1, both excluded.

    >>> tail_probability(0.9)
    0.04999999999999999
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence is {confidence!r}: give a number between 0 and 1, like 0.95")
    return (1.0 - confidence) / 2.0


def normal_quantile(confidence: float) -> float:
    """Return z, the half width of a two-sided normal interval in standard errors.

    Raises ValueError where *confidence* is not between 0 and 1, both excluded.

    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    return -float(ndtri(tail_probability(confidence)))


def checked_rate(events: int, person_time: float) -> tuple[int, float]:
    """Return *events* as an int and *person_time* as a float, both in the caller's units.

    Raises ValueError where *events* is not a whole number of zero or more, where *person_time* is
    negative or not finite, and where there are events but no person-time.
    """
    events = checked_count("events", events)
    if not 0 <= person_time < float("inf"):
        raise ValueError(f"person_time is {person_time!r}: give a finite time, zero or more")
    if events and not person_time:
        raise ValueError(f"{events} events with person_time 0: count the days of the events")
    return events, float(person_time)


def checked_proportion(events: int, patients: int) -> tuple[int, int]:
    """Return *events* (patients with an event) and *patients* as plain ints.

    Raises ValueError where either is not a whole number of zero or more, and where *events*
    exceeds *patients*.
    """
    events, patients = checked_count("events", events), checked_count("patients", patients)
    if events > patients:
        raise ValueError(
            f"{events} of {patients} patients: count patients with an event, not their events"
        )
    return events, patients


def checked_count(name: str, count: int) -> int:
    """Return *count*, named *name* in messages, as a plain int.

    Raises ValueError where it is not a whole number of zero or more.

    >>> checked_count("events", 3)
    3
    """
    # No ``isinstance``: NumPy integers are accepted, and converted since their products overflow.
    if not (count >= 0 and count % 1 == 0):
        raise ValueError(f"{name} is {count!r}: give a whole number, zero or more")
    return int(count)


def check_amount(name: str, amount: float) -> None:
    """Raise ValueError where *amount*, named *name*, is negative, infinite or not a number."""
    if not 0.0 <= amount < inf:
        raise ValueError(f"{name} is {amount!r}: give a finite number, zero or more")


def check_probability(name: str, probability: float, example: str) -> None:
    """Raise ValueError where *probability* is not between 0 and 1, both excluded.

    The message names it *name* and suggests *example*.
    """
    if not 0.0 < probability < 1.0:
        raise ValueError(f"{name} is {probability!r}: give {example}")


def check_positive(name: str, amount: float) -> None:
    """Raise ValueError where *amount*, named *name*, is not a finite number above zero."""
    if not 0.0 < amount < inf:
        raise ValueError(f"{name} is {amount!r}: give a finite number above zero")


def check_number(name: str, number: float) -> None:
    """Raise ValueError where *number*, named *name*, is infinite or not a number."""
    if not -inf < number < inf:
        raise ValueError(f"{name} is {number!r}: give a finite number")


def check_increasing(name: str, values: Sequence[float]) -> None:
    """Raise ValueError where *values*, named *name*, do not increase strictly from above zero."""
    previous = 0.0
    for value in values:
        if not previous < value < inf:
            raise ValueError(f"{name} has {value!r} after {previous!r}: give increasing numbers")
        previous = value
    if not previous:
        raise ValueError(f"{name} is empty: give at least one number")


def checked_counts(name: str, counts: Sequence[int], *, at_least: int = 0) -> list[int]:
    """Return *counts*, named *name* in messages, as plain ints.

    Raises ValueError where there is none, or where one is not a whole number of *at_least* or
    more.
    """
    if not len(counts):
        raise ValueError(f"{name} is empty: give at least one whole number")
    for count in counts:
        if not (count >= at_least and count % 1 == 0):
            raise ValueError(f"{name} has {count!r}: give whole numbers, {at_least} or more")
    return [int(count) for count in counts]


def check_equal_length(name: str, values: Sequence[float], other: Sequence[float]) -> None:
    """Raise ValueError where *values*, named *name*, are not as many as *other*."""
    if len(values) != len(other):
        raise ValueError(f"{name} has {len(values)} entries: give {len(other)}, one for each")


def check_rising(name: str, values: Sequence[float]) -> None:
    """Raise ValueError where *values*, named *name*, fall or are not from 0 to below 1."""
    before = 0.0
    for value in values:
        if not before <= value < 1.0:
            raise ValueError(
                f"{name} has {value!r} after {before!r}: give numbers that never fall, below 1"
            )
        before = value


def check_beta_prior(prior: tuple[float, float]) -> None:
    """Raise ValueError where *prior* is not two finite numbers above 0, the shapes of a beta."""
    if len(prior) != 2 or not all(0.0 < shape < inf for shape in prior):
        raise ValueError(f"prior is {prior!r}: give two finite shapes above 0, like (0.5, 0.5)")


def check_p_values(p_values: Sequence[float]) -> None:
    """Raise ValueError where one of *p_values* is not a number from 0 to 1."""
    for index, p in enumerate(p_values):
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"p-value {index} is {p!r}: give a number from 0 to 1")
