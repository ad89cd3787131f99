"""An alert: a crossing made into something that can be told, once, by a name it computes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from math import exp

from alerts.lifecycle import DATA_MOVES, Move, State
from monitor.records import Record
from monitor.state.episode import Crossing

LOG_E_MAX = 700.0

DueDate = tuple[str, str]
"""A clock that runs on an alert: its name, and the ISO date on which it ends."""


class AlertKind(StrEnum):
    """What an alert rests on: evidence, one case, or a fault of the data."""

    SIGNAL = "signal"
    CASE = "case"
    FINDING = "finding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A revision of an alert.

    *move* made it, the *member*'s or the fold's, by the record that is at *line* of the log (its
    line or offset), says *thing* at *version* and was known at *known_at* (seconds since
    1970-01-01 UTC).  *level*, *e_value* and *as_of* are those of the last time it rang, by the
    plan *plan_sha256*; an alert that rests on no evidence has no e-value.  It *pages* somebody
    unless a member made it; one that is not *tracked* is for information, and has no life.  It is
    *about* a case, or whatever else a finding names; one that rests on evidence is about none.
    """

    id: str
    revision: int
    study: str
    watch: str
    term: str
    level: str
    e_value: float | None
    as_of: int
    line: int
    thing: str
    version: int
    plan_sha256: str
    known_at: int
    kind: AlertKind = AlertKind.SIGNAL
    state: State = State.RAISED
    move: Move = Move.RAISE
    member: str | None = None
    pages: bool = True
    tracked: bool = True
    about: str = ""
    due: tuple[DueDate, ...] = ()

    def __post_init__(self) -> None:
        by_data = self.move in DATA_MOVES
        assert by_data is (self.member is None), "a member makes a member's move"
        assert by_data or not self.pages, "nobody is called for what a member did"


def alert_id(study: str, watch: str, episode: int | str) -> str:
    """Name an episode after what crossed, so that saying it twice says it once.

    >>> alert_id("PRODERM", "tee", 1) == alert_id("PRODERM", "tee", 1)
    True
    """
    name = "\x1f".join((study, watch, str(episode)))
    return blake2b(name.encode(), digest_size=12).hexdigest()


def alert_from_crossing(
    crossing: Crossing, record: Record, *, position: int, plan_sha256: str
) -> Alert:
    """The alert that *crossing* makes at the *record* that rang it.

    Evidence is kept to six significant digits: the last bits of a logarithm differ from one
    processor to another, and a replay must give the same bytes on each.
    """
    return Alert(
        id=alert_id(record.study, crossing.watch_id, crossing.episode),
        revision=crossing.revision,
        study=record.study,
        watch=crossing.watch_id,
        term=crossing.term,
        level=crossing.level.word,
        e_value=float(f"{exp(min(crossing.log_e, LOG_E_MAX)):.6g}"),
        as_of=crossing.as_of,
        line=position,
        thing=record.entity_id,
        version=record.version,
        plan_sha256=plan_sha256,
        known_at=record.known_at,
    )
