"""The dirty set counts every name of a change: the limit of a write is computed from it."""

from __future__ import annotations

from dataclasses import fields

import pytest

from monitor.state.dirty import DirtySet

KINDS = [each.name for each in fields(DirtySet) if each.name != "everything"]


def dirty_set(*kinds: str) -> DirtySet:
    """A dirty set with two names of each of *kinds*."""
    dirty = DirtySet()
    for kind in kinds:
        getattr(dirty, kind).update((1, 2))
    return dirty


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_change_is_counted_beside_the_others(kind: str):
    """One that is left out would let a write grow beyond what the store accepts."""
    assert len(dirty_set(kind)) == 2
    assert len(dirty_set(*KINDS)) == 2 * len(KINDS) == 14


def test_nothing_is_dirty_after_a_clear():
    """What was written is not written again."""
    dirty = dirty_set(*KINDS)
    dirty.everything = True
    dirty.clear()

    assert (len(dirty), dirty.everything, dirty) == (0, False, DirtySet())
