"""Tunes Python's cyclic garbage collector for a large, long-lived state without cycles."""

from __future__ import annotations

import gc

GENERATION_0_THRESHOLD, GENERATION_1_THRESHOLD, GENERATION_2_THRESHOLD = 10_000, 500, 100
"""Thresholds of `gc.set_threshold`.

Generation 0 is collected after 10,000 new objects: a collection of 100,000 takes 60 ms or more,
and no record is folded meanwhile.  The older generations are collected after 500 collections of
generation 0 and 100 of generation 1.
"""


def relax_gc() -> None:
    """Collect rarely, because the state is large, long-lived and has no cycles.

    With the default thresholds, collection took a third of a replay of 200 trials.  A process
    that folds calls this once at its start.
    """
    gc.set_threshold(GENERATION_0_THRESHOLD, GENERATION_1_THRESHOLD, GENERATION_2_THRESHOLD)


def disable_gc() -> None:
    """Turn collection off, in a process that folds a log once and then ends."""
    gc.disable()
