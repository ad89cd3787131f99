"""The evidence of a watch over time, as known and as occurred, with the events behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import exp

from alerts.lifecycle import Move
from alerts.register.history import AlertEntry, HistoryEntry
from board.charts.rug import OnsetMark
from board.charts.trajectory import EvidenceLines, RevisionMark, TimePoint
from board.views.evidence_delay import EvidenceDelay, delay_of
from board.views.evidence_now import screening_boundary
from board.views.facts import StudyFacts, Trajectory
from board.views.table import Cell, Column, ColumnKind, Table
from board.views.watched_cases import WatchedCase
from monitor.dates import iso
from monitor.evidence.summary import signal_boundary
from monitor.records import day_of
from monitor.state.study import ActiveWatch

LOG_E_MAX = 700.0
"""Largest log E that is shown as an e-value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceOverTime:
    """Evidence over time on both clocks; *looks* is how often the evidence changed.

    The evidence of a screened term is not recorded, so it is on the clock of occurrence only.
    """

    lines: EvidenceLines
    looks: int | None
    delay: EvidenceDelay | None
    table: Table


def evidence_over_time(
    facts: StudyFacts, entry: AlertEntry, active_watch: ActiveWatch, cases: Sequence[WatchedCase]
) -> EvidenceOverTime | None:
    """Return the evidence of the alert's watch over time; None where nobody is at risk."""
    lines = evidence_lines(facts, active_watch, cases, entry.history)
    if lines is None:
        return None
    on_treatment = [case for case in cases if case.on_treatment]
    occurred = facts.occurred(active_watch.id)
    return EvidenceOverTime(
        lines=lines,
        looks=len(lines.known) or None,
        delay=delay_of(facts.study, entry, active_watch, occurred, on_treatment),
        table=_table(lines.known, lines.occurred),
    )


def evidence_lines(
    facts: StudyFacts,
    active_watch: ActiveWatch,
    cases: Sequence[WatchedCase],
    history: Sequence[HistoryEntry] = (),
) -> EvidenceLines | None:
    """Return what a chart of the watch's evidence shows; None where nobody is at risk.

    *history* is that of the watch's alert, whose revisions are marked.
    """
    known, study = facts.known.get(active_watch.id, ()), facts.study
    if study.as_of is None:
        return None
    occurred, watch = facts.occurred(active_watch.id), active_watch.watch
    if not known and not occurred:
        return None
    on_treatment = [case for case in cases if case.on_treatment]
    days = [point.day for point in (*known, *occurred)] + [case.onset for case in on_treatment]
    return EvidenceLines(
        start=iso(min(days)),
        end=iso(max(study.as_of, *days)),
        known=tuple(_points(known)),
        occurred=tuple(_points(occurred)),
        watch_level=watch.watch_level if watch.tier == 1 else None,
        boundary=screening_boundary(study) if watch.tier == 2 else signal_boundary(study, watch),
        revisions=tuple(_revisions(history, known, occurred)),
        onsets=tuple(_onsets(on_treatment)),
    )


def _points(trajectory: Trajectory) -> Iterator[TimePoint]:
    for day, position, log_e in trajectory:
        yield TimePoint(
            day=iso(day),
            position=None if position < 0 else position,
            e_value=exp(min(log_e, LOG_E_MAX)),
            log_e=log_e,
        )


def _revisions(
    history: Sequence[HistoryEntry], known: Trajectory, occurred: Trajectory
) -> Iterator[RevisionMark]:
    """Yield the revisions by which the level rose; the evidence is that of the record's look.

    Where none is recorded, it is that of the day on the clock of occurrence.
    """
    level = ""
    for item in history:
        if item.refused is None and item.move in (Move.RAISE, Move.RISE) and item.level != level:
            level = item.level
            raised = day_of(item.known_at)
            at = [point for point in known if point.position <= item.line]
            if not known:
                at = [point._replace(day=raised) for point in occurred if point.day <= raised]
            yield RevisionMark(
                revision=item.revision,
                level=level,
                day=iso(at[-1].day if at else raised),
                e_value=exp(min(at[-1].log_e, LOG_E_MAX)) if at else 1.0,
            )


def _onsets(cases: Iterable[WatchedCase]) -> Iterator[OnsetMark]:
    for case in cases:
        yield OnsetMark(
            case_id=case.case_id,
            subject=case.subject.name,
            onset=iso(case.onset),
            reported=None if case.reported is None else iso(case.reported),
            counted=None if case.counted is None else iso(case.counted),
            serious=case.is_serious,
            first=case.is_first,
        )


def _table(known: Sequence[TimePoint], occurred: Sequence[TimePoint]) -> Table:
    columns = (
        Column(key="clock", label="Clock"),
        Column(key="day", label="From", kind=ColumnKind.DAY),
        Column(key="position", label="Record", kind=ColumnKind.COUNT),
        Column(key="e_value", label="E", kind=ColumnKind.NUMBER),
        Column(key="log_e", label="Logarithm of E", kind=ColumnKind.NUMBER, shown=False),
    )
    clocks = (("as known", known), ("as occurred", occurred))
    rows: list[dict[str, Cell]] = [
        {
            "clock": clock,
            "day": point.day,
            "position": point.position,
            "e_value": point.e_value,
            "log_e": point.log_e,
        }
        for clock, points in clocks
        for point in points
    ]
    return Table(
        name="trajectory",
        caption="Evidence over time on both clocks; each row holds until the next",
        columns=columns,
        rows=rows,
    )
