"""One partition at work: the only thing that folds records of a log into a store."""

from __future__ import annotations

from streams.lane.cursor import CODE
from streams.lane.halt import Halt, Hole, Moved, Stopped
from streams.lane.lane import Lane
from streams.lane.limits import Limits
from streams.lane.taken import Taken

__all__ = ["CODE", "Halt", "Hole", "Lane", "Limits", "Moved", "Stopped", "Taken"]
