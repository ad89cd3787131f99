"""Evidence of a reference watch: first events on one treatment against a rate fixed in advance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitor.stats.e_value import Floats


@dataclass(frozen=True, slots=True)
class KnownRate:
    """*events* first events where *expected* were expected at the reference rate.

    >>> six = KnownRate(events=6, expected=0.63625)  # 50.9 patient-years at 1.25 per 100
    >>> from monitor.stats.e_value import log_e
    >>> round(float(np.exp(log_e(six.log_likelihood))))
    1185
    """

    events: int
    expected: float

    def log_likelihood(self, log_theta: Floats) -> Floats:
        """``n log(theta) - (theta - 1) expected``: a Poisson process' likelihood ratio.

        Its exponential is a martingale under the null at any stopping time (Ville 1939).
        """
        return self.events * log_theta - np.expm1(np.minimum(log_theta, 700.0)) * self.expected


@dataclass(frozen=True, slots=True)
class EstimatedRate:
    """*events* first events against *historical_events*, *time_ratio* = person-time now / then.

    >>> EstimatedRate(events=6, historical_events=20, time_ratio=0.05).log_likelihood(
    ...     np.zeros(1)
    ... ).tolist()
    [0.0]
    """

    events: int
    historical_events: int
    time_ratio: float

    def log_likelihood(self, log_theta: Floats) -> Floats:
        """``theta^n ((1 + t)/(1 + theta t))^(n + c)``, the unknown rate conditioned away.

        Given ``n + c`` events in all, those of the present are binomial.
        """
        total = self.events + self.historical_events
        t = self.time_ratio
        excess = np.expm1(np.minimum(log_theta, 700.0))
        return self.events * log_theta - total * np.log1p(excess * (t / (1.0 + t)))
