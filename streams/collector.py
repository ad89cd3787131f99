"""Python's cyclic garbage collector, told what it cannot know about our state."""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 100_000, 50, 100


def spare_the_collector() -> None:
    """Look for cycles rarely: the state is large, lives long and has none.

    With the default thresholds a third of a replay of 200 trials was spent looking.  Called
    once by a process that folds, at its start.
    """
    gc.set_threshold(YOUNG, MIDDLE, OLD)


def dismiss_the_collector() -> None:
    """Have nothing looked for: by a process that folds much, once, and ends."""
    gc.disable()
