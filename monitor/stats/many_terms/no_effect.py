"""The share of terms without an effect in each organ class, in the model of Berry and Berry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from monitor.stats.e_value import Floats
from monitor.stats.many_terms.normal_level import RandomNumbers


@dataclass(slots=True)
class NoEffect:
    """The probability of no effect by organ class, ``Beta(alpha, beta)`` over the classes.

    *alpha* and *beta* have the prior exponential with mean 1, above 1.  Arrays have one row a
    chain.  *log_share* and *log_rest* are logarithms of the probability and of its complement.
    """

    alpha: Floats
    beta: Floats
    log_share: Floats
    log_rest: Floats

    @classmethod
    def start(cls, chains: int, organ_classes: int) -> NoEffect:
        """Return the shares at which a sampler begins: one half."""
        half = np.full((chains, organ_classes), np.log(0.5))
        return cls(np.full((chains, 1), 2.0), np.full((chains, 1), 2.0), half, half.copy())

    def draw(self, is_effect: Floats, membership: Floats, numbers: RandomNumbers) -> None:
        """Replace the shares by draws given which terms have an effect, then alpha and beta."""
        with_effect = is_effect @ membership
        without = membership.sum(axis=0) - with_effect
        first = numbers.standard_gamma(self.alpha + without)
        second = numbers.standard_gamma(self.beta + with_effect)
        log_sum = np.log(first + second)
        self.log_share, self.log_rest = np.log(first) - log_sum, np.log(second) - log_sum
        self.alpha = self._shape(self.alpha, self.beta, self.log_share, numbers)
        self.beta = self._shape(self.beta, self.alpha, self.log_rest, numbers)

    @staticmethod
    def _shape(shape: Floats, other: Floats, logs: Floats, numbers: RandomNumbers) -> Floats:
        """Return a Metropolis draw of *shape* given *logs*, reflected at 1."""
        proposal = 1.0 + np.abs(shape - 1.0 + 1.5 * numbers.standard_normal(shape.shape))
        gain = _log_density(proposal, other, logs) - _log_density(shape, other, logs)
        return np.where(gain > -numbers.standard_exponential(shape.shape), proposal, shape)


def _log_density(shape: Floats, other: Floats, logs: Floats) -> Floats:
    """Return the log density of *shape*, up to a constant."""
    norm = gammaln(shape + other) - gammaln(shape)
    density: Floats = logs.shape[1] * norm + shape * logs.sum(axis=1, keepdims=True) - shape
    return density
