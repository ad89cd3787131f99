"""The sampler of Berry and Berry depends on its seed alone, and shrinks within organ classes."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from monitor.stats.many_terms.berry_berry import TermEffect, berry_berry
from monitor.stats.many_terms.term_counts import TermCounts

TERMS = [
    TermCounts("skin", 24, 90, 6, 90),
    TermCounts("skin", 20, 90, 7, 90),
    TermCounts("eye", 6, 90, 6, 90),
    TermCounts("eye", 0, 90, 0, 90),
]


def effects(seed: int, *, point_mass: bool = True) -> tuple[TermEffect, ...]:
    """Return the effects of the terms after a short run."""
    numbers = np.random.default_rng(seed)
    return berry_berry(
        TERMS, numbers=numbers, point_mass=point_mass, chains=8, burn_in=200, draws=600
    )


def test_the_same_seed_gives_the_same_digits_and_another_gives_others():
    """A reader of a report can compute it again."""
    assert effects(1) == effects(1) != effects(2)


@pytest.mark.parametrize("point_mass", [True, False])
def test_an_effect_is_drawn_towards_none_and_the_order_of_evidence_stays(point_mass: bool):
    """The observed log odds ratio is 1.63; a term without events says nothing."""
    first, second, third, none = effects(3, point_mass=point_mass)
    observed = log(24 / 66) - log(6 / 84)

    assert 0.5 < first.mean < observed
    assert first.probability_above_0 > 0.95 > third.probability_above_0
    assert second.mean > third.mean
    assert abs(none.mean) < 0.5
    assert all(0.0 < each.standard_error < 0.2 for each in (first, second, third, none))


def test_a_point_mass_lowers_the_probability_of_an_effect_that_no_data_show():
    """Equal counts are then mostly no effect, and else an effect above or below 0."""
    with_mass, without = (effects(4, point_mass=mass)[2] for mass in (True, False))

    assert with_mass.probability_above_0 < without.probability_above_0 - 0.1


def test_progress_is_told_every_hundred_steps():
    """A progress bar can be drawn; burn-in counts."""
    steps: list[int] = []
    berry_berry(
        TERMS,
        numbers=np.random.default_rng(1),
        chains=2,
        burn_in=150,
        draws=200,
        progress=steps.append,
    )

    assert steps == [100, 200, 300]
