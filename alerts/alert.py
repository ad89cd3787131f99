"""The alert: one revision of it, its kinds, and its computed id."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from math import exp

from alerts.lifecycle import DATA_MOVES, Move, State
from monitor.records import Record
from monitor.state.episode import Crossing

LOG_E_MAX = 700.0
"""Largest log e-value that is exponentiated: exp(710) overflows a double."""

DueDate = tuple[str, str]
"""A reporting clock of an alert: its name, and its last day as ``YYYY-MM-DD``."""


class AlertKind(StrEnum):
    """Basis of an alert: statistical evidence, a single case, or a finding in the data."""

    SIGNAL = "signal"
    CASE = "case"
    FINDING = "finding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One revision of an alert.

    *move* made the revision; *member* made the move, or is None where data did.  *line* (line or
    offset of the log), *thing* (``system/id``), *version* and *known_at* (seconds since
    1970-01-01 UTC) identify the record that carried it.

    *level*, *e_value*, *as_of* (ordinal day) and *plan_sha256* are those of the last raise or
    rise; *e_value* is None without statistical evidence.  A revision by a member never *pages*.
    An alert that is not *tracked* is for information and allows no review.  *about* is the case,
    or what a finding names; it is empty for a signal.
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
        assert by_data is (self.member is None), "a member's move needs a member, others none"
        assert by_data or not self.pages, "a member's move must not page"


def alert_id(study: str, watch: str, episode: int | str) -> str:
    """Compute the id of an alert: BLAKE2b of study, watch and episode, as hexadecimal.

    For a case or finding alert, *episode* is what the alert is about.  A repeated computation gives
    the same id, so a republished alert is recognised.

    >>> alert_id("PRODERM", "tee", 1) == alert_id("PRODERM", "tee", 1)
    True
    """
    name = "\x1f".join((study, watch, str(episode)))
    return blake2b(name.encode(), digest_size=12).hexdigest()


def alert_from_crossing(
    crossing: Crossing, record: Record, *, position: int, plan_sha256: str
) -> Alert:
    """The alert for *crossing*, caused by *record* at *position* of the log.

    The e-value is rounded to six significant digits: the last bits of a logarithm differ between
    processors, and a replay must give the same bytes on each.
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
