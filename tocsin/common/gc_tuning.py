"""Python's cyclic garbage collector, told what it cannot know about our state."""

from __future__ import annotations

import gc

GENERATION_0_THRESHOLD, GENERATION_1_THRESHOLD, GENERATION_2_THRESHOLD = 10_000, 500, 100
"""Objects made before the young are looked at (100,000 take 60 ms and more, in which nothing is
folded), and how often that is done before the older are."""


def relax_gc() -> None:
    """Look for cycles rarely: the state is large, lives long and has none.

    With the default thresholds a third of a replay of 200 trials was spent looking.  Called
    once by a process that folds, at its start.
    """
    gc.set_threshold(GENERATION_0_THRESHOLD, GENERATION_1_THRESHOLD, GENERATION_2_THRESHOLD)


def disable_gc() -> None:
    """Have nothing looked for: by a process that folds much, once, and ends."""
    gc.disable()
