"""Evidence of a reference watch: first events on one treatment against a rate fixed in advance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitor.stats.e_value import Floats
from monitor.stats.estimate import check_amount, checked_count


@dataclass(frozen=True, slots=True)
class KnownRate:
    """Poisson likelihood of *events* first events where *expected* are expected at a known rate.

    *expected* is the person-time so far times the reference rate.  Raises ValueError where
    *events* is no count, *expected* is negative or not finite, or there are events and none can be
    expected.

    >>> six = KnownRate(events=6, expected=0.63625)  # 50.9 patient-years at 1.25 per 100
    >>> from monitor.stats.e_value import log_e
    >>> round(float(np.exp(log_e(six.log_likelihood))))
    1185
    """

    events: int
    expected: float

    def __post_init__(self) -> None:
        checked_count("events", self.events)
        check_amount("expected", self.expected)
        if self.events and not self.expected:
            raise ValueError(f"{self.events} events with expected 0: count the days of the events")

    def log_likelihood(self, log_theta: Floats) -> Floats:
        """Return ``n log(theta) - (theta - 1) expected`` at each of *log_theta*, shape (m,).

        The likelihood ratio of a Poisson process: under the null its exponential is a martingale,
        valid at any stopping time (Ville 1939).
        """
        return self.events * log_theta - np.expm1(np.minimum(log_theta, 700.0)) * self.expected


@dataclass(frozen=True, slots=True)
class EstimatedRate:
    """Conditional likelihood of *events* first events against a rate estimated from history.

    *time_ratio* is the person-time so far over the person-time of the *historical_events*.  Raises
    ValueError where a count is none, *time_ratio* is negative or not finite, or there are events
    without person-time.

    >>> EstimatedRate(events=6, historical_events=20, time_ratio=0.05).log_likelihood(
    ...     np.zeros(1)
    ... ).tolist()
    [0.0]
    """

    events: int
    historical_events: int
    time_ratio: float

    def __post_init__(self) -> None:
        checked_count("events", self.events)
        checked_count("historical_events", self.historical_events)
        check_amount("time_ratio", self.time_ratio)
        if self.events and not self.time_ratio:
            raise ValueError(f"{self.events} events with time_ratio 0: count the days of them")

    def log_likelihood(self, log_theta: Floats) -> Floats:
        """Return the log of ``theta^n ((1 + t)/(1 + theta t))^(n + c)`` at each of *log_theta*.

        n is *events*, c *historical_events* and t *time_ratio*.  Given ``n + c`` events in all,
        the current ones are binomial, which removes the unknown rate (Przyborowski & Wilenski
        1940, Biometrika 31:313-323).
        """
        total = self.events + self.historical_events
        t = self.time_ratio
        excess = np.expm1(np.minimum(log_theta, 700.0))
        return self.events * log_theta - total * np.log1p(excess * (t / (1.0 + t)))
