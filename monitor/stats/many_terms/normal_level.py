"""One level of the hierarchy of Berry and Berry: normal effects in normal organ classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from monitor.stats.e_value import Floats

MEAN_VARIANCE = 10.0
"""The mean over organ classes has the prior ``Normal(0, 10)``."""
SHAPE, SCALE = 3.0, 1.0
"""Both variances have the prior inverse gamma (3, 1)."""


class RandomNumbers(Protocol):
    """The draws that a sampler needs: a generator of ``numpy``, made by the caller from a seed."""

    def standard_normal(self, size: tuple[int, ...], /) -> Floats:
        """Return independent standard normal numbers."""
        ...

    def standard_exponential(self, size: tuple[int, ...], /) -> Floats:
        """Return independent exponential numbers with mean 1."""
        ...

    def standard_gamma(self, shape: Floats, /) -> Floats:
        """Return independent gamma numbers with scale 1, one for each *shape*."""
        ...


@dataclass(slots=True)
class NormalLevel:
    """Means and variances of the effects: by organ class, and of these means over all of them.

    Arrays have one row a chain; *mean* and *variance* have one column an organ class, the others
    one column.
    """

    mean: Floats
    variance: Floats
    overall_mean: Floats
    overall_variance: Floats

    @classmethod
    def start(cls, chains: int, organ_classes: int, mean: float) -> NormalLevel:
        """Return the level at which a sampler begins."""
        by_class, overall = (chains, organ_classes), (chains, 1)
        return cls(np.full(by_class, mean), np.ones(by_class), np.zeros(overall), np.ones(overall))

    def draw(
        self, effects: Floats, is_member: Floats, membership: Floats, numbers: RandomNumbers
    ) -> None:
        """Replace all four by draws given the *effects* of the terms, by Gibbs steps.

        *membership* is 1 where a term (row) is in an organ class (column).  An effect counts where
        *is_member* is 1, and not where it is 0.
        """
        count = is_member @ membership
        total = (effects * is_member) @ membership
        precision = count / self.variance + 1.0 / self.overall_variance
        centre = total / self.variance + self.overall_mean / self.overall_variance
        self.mean = _normal(centre / precision, 1.0 / precision, numbers)
        distance = (effects - self.mean @ membership.T) * is_member
        squares = (distance * distance) @ membership
        self.variance = _inverse_gamma(count, squares, numbers)
        self._draw_overall(numbers)

    def _draw_overall(self, numbers: RandomNumbers) -> None:
        """Replace the mean and variance over the organ classes by draws given their means."""
        organ_classes = self.mean.shape[1]
        precision = organ_classes / self.overall_variance + 1.0 / MEAN_VARIANCE
        centre = self.mean.sum(axis=1, keepdims=True) / self.overall_variance
        self.overall_mean = _normal(centre / precision, 1.0 / precision, numbers)
        squares = ((self.mean - self.overall_mean) ** 2).sum(axis=1, keepdims=True)
        self.overall_variance = _inverse_gamma(
            np.full_like(squares, float(organ_classes)), squares, numbers
        )


def _normal(mean: Floats, variance: Floats, numbers: RandomNumbers) -> Floats:
    return mean + np.sqrt(variance) * numbers.standard_normal(mean.shape)


def _inverse_gamma(count: Floats, squares: Floats, numbers: RandomNumbers) -> Floats:
    """Return draws of a variance given *count* effects with this sum of *squares*."""
    return (SCALE + squares / 2.0) / numbers.standard_gamma(SHAPE + count / 2.0)
