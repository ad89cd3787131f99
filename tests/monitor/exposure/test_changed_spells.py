"""Which spells a record ends and begins is found without comparing each with all others."""

from __future__ import annotations

from typing import ClassVar

import pytest

from monitor.exposure.person_time import SCANNED_MAX, Spell, spells_without


class CountedSpell(Spell):
    """A spell that counts how often any is compared with another."""

    compared: ClassVar[list[int]] = [0]

    def __eq__(self, other: object) -> bool:
        """Count the comparison."""
        self.compared[0] += 1
        return super().__eq__(other)

    __hash__ = Spell.__hash__


def spells_of(count: int) -> tuple[Spell, ...]:
    """As many adjoining spells of one week."""
    return tuple(CountedSpell(7 * week, 7 * week + 7, 0, week % 2) for week in range(count))


@pytest.mark.parametrize("count", [1, SCANNED_MAX, SCANNED_MAX + 1, 600])
def test_many_spells_are_compared_about_once_each(count: int):
    """A subject may have a thousand treatments, and each record of it asks this twice."""
    before, after = spells_of(count), spells_of(count + 1)
    CountedSpell.compared[0] = 0

    assert spells_without(after, before) == after[count:]
    assert spells_without(before, after) == ()
    assert CountedSpell.compared[0] <= 3 * (count + SCANNED_MAX) + SCANNED_MAX**2
