"""One partition at work: the only thing that folds records of a log into a store."""

from __future__ import annotations

from streams.processor.counts import Taken
from streams.processor.cursor import CODE
from streams.processor.limits import Limits
from streams.processor.processor import Lane
from streams.processor.stop import Halt, Hole, Moved, Stopped

__all__ = ["CODE", "Halt", "Hole", "Lane", "Limits", "Moved", "Stopped", "Taken"]
