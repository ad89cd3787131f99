"""Alert episodes: from the crossing of a watch until its alert is closed."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.state.verdict import Level


@dataclass(slots=True)
class Episode:
    """The *number*-th episode of a watch, counted from 1.

    *highest_level* is the highest level reached; each rise of it is one crossing and increments
    *revision*.  *current_level* is the level of the current evidence, which may fall again.  The
    alert remains.  After the alert is closed (*is_closed*), the next rise above *current_level*
    opens a new episode.
    """

    number: int
    highest_level: Level = Level.QUIET
    current_level: Level = Level.QUIET
    revision: int = 0
    is_closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A watch rose above the highest level of its episode, so an alert must be raised.

    *term* is the name of the term, *log_e* the natural logarithm of the e-value, *as_of* the
    ordinal day of the look.
    """

    watch_id: str
    term: str
    episode: int
    revision: int
    level: Level
    log_e: float
    as_of: int
