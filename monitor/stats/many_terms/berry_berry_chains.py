"""The Markov chains behind the hierarchy of Berry and Berry, all moved together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from monitor.stats.e_value import Floats
from monitor.stats.many_terms.no_effect import NoEffect
from monitor.stats.many_terms.normal_level import NormalLevel, RandomNumbers
from monitor.stats.many_terms.term_counts import TermCounts, arms_of, membership_of

INFLATION = 1.3
"""Proposals of an effect have this many times the standard deviation of its approximation."""
STEP = 2.0
"""Proposals of a control logit move by so many of its standard deviations."""


class Chains:
    """The state of all chains: *gamma* and *theta* have one row a chain, one column a term."""

    def __init__(
        self,
        terms: Sequence[TermCounts],
        chains: int,
        numbers: RandomNumbers,
        *,
        point_mass: bool,
    ) -> None:
        self._treated, self._control = arms_of(terms)
        self._membership = membership_of(terms)
        self._numbers = numbers
        self._logit, self._variance = self._treated.logit(), self._treated.variance()
        gamma = self._control.logit()
        self._gamma_step = STEP / np.sqrt(1.0 / self._control.variance() + 1.0 / self._variance)
        classes = self._membership.shape[1]
        self.gamma: Floats = np.tile(gamma, (chains, 1))
        self.theta: Floats = np.tile(self._logit - gamma, (chains, 1))
        self._gamma_level = NormalLevel.start(chains, classes, float(gamma.mean()))
        self._theta_level = NormalLevel.start(chains, classes, 0.0)
        self._no_effect = NoEffect.start(chains, classes) if point_mass else None

    def step(self) -> None:
        """Move every parameter of every chain once."""
        membership, numbers = self._membership, self._numbers
        self._move_gamma()
        self._move_theta()
        is_effect = (self.theta != 0.0).astype(np.float64)
        self._gamma_level.draw(self.gamma, np.ones_like(self.gamma), membership, numbers)
        self._theta_level.draw(self.theta, is_effect, membership, numbers)
        if self._no_effect is not None:
            self._no_effect.draw(is_effect, membership, numbers)

    def _by_term(self, by_class: Floats) -> Floats:
        """Return the value of each term's organ class."""
        values: Floats = by_class @ self._membership.T
        return values

    def _accept(self, gain: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Return where a proposal with this *gain* in log density is accepted."""
        return gain > -self._numbers.standard_exponential(gain.shape)

    def _move_gamma(self) -> None:
        """Move the control logits by a random walk."""
        mean = self._by_term(self._gamma_level.mean)
        variance = self._by_term(self._gamma_level.variance)

        def log_density(gamma: Floats) -> Floats:
            data = self._control.log_likelihood(gamma)
            data = data + self._treated.log_likelihood(gamma + self.theta)
            return data + _log_normal(gamma, mean, variance)

        move = self._gamma_step * self._numbers.standard_normal(self.gamma.shape)
        proposal = self.gamma + move
        is_accepted = self._accept(log_density(proposal) - log_density(self.gamma))
        self.gamma = np.where(is_accepted, proposal, self.gamma)

    def _move_theta(self) -> None:
        """Propose effects, some of them 0, from the normal approximation of the likelihood."""
        mean = self._by_term(self._theta_level.mean)
        variance = self._by_term(self._theta_level.variance)
        observed, error = self._logit - self.gamma, self._variance
        precision = 1.0 / error + 1.0 / variance
        centre = (observed / error + mean / variance) / precision
        spread = INFLATION**2 / precision
        log_rest, log_share = self._log_shares()
        log_zero = log_share + _log_normal(observed, 0.0, error)
        log_other = log_rest + _log_normal(observed, mean, error + variance)
        log_sum = np.logaddexp(log_zero, log_other)

        def log_weight(theta: Floats) -> Floats:
            """Return the log density of *theta* less that of its proposal."""
            other = log_rest + _log_normal(theta, mean, variance) - (log_other - log_sum)
            other = other - _log_normal(theta, centre, spread)
            weight = np.where(theta == 0.0, log_sum - _log_normal(observed, 0.0, error), other)
            return weight + self._treated.log_likelihood(self.gamma + theta)

        shape = self.theta.shape
        is_zero = self._numbers.standard_exponential(shape) > log_sum - log_zero
        drawn = centre + np.sqrt(spread) * self._numbers.standard_normal(shape)
        proposal = np.where(is_zero, 0.0, drawn)
        is_accepted = self._accept(log_weight(proposal) - log_weight(self.theta))
        self.theta = np.where(is_accepted, proposal, self.theta)

    def _log_shares(self) -> tuple[Floats, Floats]:
        """Return by term the log probabilities of an effect and of none."""
        if self._no_effect is None:
            return np.zeros_like(self.theta), np.full_like(self.theta, -np.inf)
        return self._by_term(self._no_effect.log_rest), self._by_term(self._no_effect.log_share)


def _log_normal(value: Floats, mean: Floats | float, variance: Floats) -> Floats:
    """Return the normal log density, up to a constant."""
    distance = value - mean
    return -(distance * distance / variance + np.log(variance)) / 2.0
