"""The evidence of one watch over time, on one of the two clocks; for the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import exp

from board.views.catalogue import ViewNotFoundError
from board.views.facts import EvidencePoint, StudyFacts
from board.views.table import Column, ColumnKind, Table
from monitor.dates import iso
from monitor.evidence.evaluate import LOG_E_MAX

CLOCKS = ("known", "occurred")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceAt:
    """The evidence from *day* on; *position* is the record, None on the clock of occurrence."""

    day: str
    position: int | None
    log_e: float
    e_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchTrajectoryView:
    """The evidence of a *watch*: as *known*, or as *occurred* by what is known today."""

    watch: str
    time: str
    points: tuple[EvidenceAt, ...]
    tables: tuple[Table, ...]


def build(facts: StudyFacts, arguments: Mapping[str, str]) -> WatchTrajectoryView:
    """Return the trajectory of the watch `id` on the clock `time`."""
    watch, clock = arguments.get("id", ""), arguments.get("time", CLOCKS[0])
    active_watch = facts.study.watches_by_id.get(watch)
    if active_watch is None or active_watch.design.watch.tier == 2 or clock not in CLOCKS:
        raise ViewNotFoundError("The study has no such watch.")
    trajectory = facts.known.get(watch, ()) if clock == "known" else facts.occurred(watch)
    points = tuple(map(_evidence_at, trajectory))
    table = Table(
        name="trajectory",
        caption=f"Evidence as {clock}",
        columns=(
            Column(key="day", label="From", kind=ColumnKind.DAY),
            Column(key="position", label="Record", kind=ColumnKind.COUNT),
            Column(key="log_e", label="Logarithm of E", kind=ColumnKind.NUMBER),
            Column(key="e_value", label="E", kind=ColumnKind.NUMBER),
        ),
        rows=[asdict(point) for point in points],
    )
    return WatchTrajectoryView(watch=watch, time=clock, points=points, tables=(table,))


def _evidence_at(point: EvidencePoint) -> EvidenceAt:
    return EvidenceAt(
        day=iso(point.day),
        position=None if point.position < 0 else point.position,
        log_e=point.log_e,
        e_value=exp(min(point.log_e, LOG_E_MAX)),
    )
