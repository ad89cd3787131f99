"""An alert episode: from the record on which a watch crosses until its alert is closed."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.state.verdict import Level


@dataclass(slots=True)
class Episode:
    """The *number*-th episode of a watch.

    *level* is the highest it reached, announced once; *stands* is where the evidence is, which
    may have fallen back: an alert once raised is never erased.  Once people have *closed* it,
    the next rise of the evidence is another episode's.
    """

    number: int
    highest_level: Level = Level.QUIET
    current_level: Level = Level.QUIET
    revision: int = 0
    is_closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A watch rose above the highest level of its episode: somebody must be told."""

    watch_id: str
    term: str
    episode: int
    revision: int
    level: Level
    log_e: float
    as_of: int
