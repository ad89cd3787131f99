"""An alert: a crossing made into something that can be told, once, by a name it computes."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from math import exp

from monitor.episode import Crossing

LOG_E_MAX = 700.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A revision of an alert.

    *line* is the record (its line or offset, its thing and version) that rang it; *e_value* is
    the evidence then, *plan_sha256* the plan it was judged by.
    """

    id: str
    revision: int
    study: str
    watch: str
    term: str
    level: str
    e_value: float
    as_of: int
    line: int
    thing: str
    version: int
    plan_sha256: str


def alert_id(study: str, watch: str, episode: int) -> str:
    """Name an episode after what crossed, so that saying it twice says it once.

    >>> alert_id("PRODERM", "tee", 1) == alert_id("PRODERM", "tee", 1)
    True
    """
    name = "\x1f".join((study, watch, str(episode)))
    return blake2b(name.encode(), digest_size=12).hexdigest()


def raised(
    crossing: Crossing, *, study: str, line: int, thing: str, version: int, plan_sha256: str
) -> Alert:
    """The alert that *crossing* makes at the record that rang it.

    Evidence is kept to six significant digits: the last bits of a logarithm differ from one
    processor to another, and a replay must give the same bytes on each.
    """
    return Alert(
        id=alert_id(study, crossing.watch, crossing.episode),
        revision=crossing.revision,
        study=study,
        watch=crossing.watch,
        term=crossing.term,
        level=crossing.level.word,
        e_value=float(f"{exp(min(crossing.log_e, LOG_E_MAX)):.6g}"),
        as_of=crossing.as_of,
        line=line,
        thing=thing,
        version=version,
        plan_sha256=plan_sha256,
    )
