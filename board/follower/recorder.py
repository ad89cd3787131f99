"""Records the evidence of a study's watches while the log is folded: evidence as known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from board.views.facts import EvidencePoint
from monitor.evidence.evaluate import likelihood_of
from monitor.records import (
    Body,
    Collection,
    Disposition,
    Merge,
    PlanRecord,
    Retraction,
    Subject,
    Treatment,
)
from monitor.state.cell import Cell
from monitor.state.study import ActiveWatch, Study
from monitor.stats.e_value import log_e

EXPOSURE_BODIES = (Subject, Treatment, Disposition, Retraction, Merge, Collection, PlanRecord)
"""Bodies that may change days at risk; all others change first events only."""

RECORDED_TIERS = (1, 3)


@dataclass(slots=True)
class EvidenceRecorder:
    """The evidence of each tier 1 and tier 3 watch of one study, as known.

    A point is added where the evidence changed.  A watch is evaluated where the as-of date, its
    first events or the days at risk may have changed; the result is the same as if every watch
    were evaluated after every record.  *as_of* and *tables* are those of the last record: a
    recount, which opens all watches anew, replaces the tables.
    """

    trajectories: dict[str, list[EvidencePoint]] = field(
        default_factory=dict[str, list[EvidencePoint]]
    )
    as_of: int | None = None
    tables: list[dict[int, Cell]] | None = None
    watches: tuple[ActiveWatch, ...] = ()

    def record(self, study: Study, body: Body, position: int) -> None:
        """Note the evidence of *study* after the record with *body* at *position*."""
        as_of = study.as_of
        if as_of is None:
            return
        is_recounted = study.tables is not self.tables
        if is_recounted:
            self.tables = study.tables
            self.watches = tuple(filter(is_recorded, study.active_watches()))
        if is_recounted or as_of != self.as_of or isinstance(body, EXPOSURE_BODIES):
            self.as_of = as_of
            self._evaluate(study, self.watches, as_of, position)
        elif study.changed_first_events:
            changed = (
                watch
                for first_events in study.changed_first_events
                for watch in first_events.watches
                if is_recorded(watch)
            )
            self._evaluate(study, changed, as_of, position)

    def latest(self) -> dict[str, float]:
        """Return the latest evidence of each watch."""
        return {name: points[-1].log_e for name, points in self.trajectories.items()}

    def _evaluate(
        self, study: Study, watches: Iterable[ActiveWatch], as_of: int, position: int
    ) -> None:
        for watch in watches:
            value = exact_log_e(study, watch)
            points = self.trajectories.setdefault(watch.id, [])
            if not points or points[-1].log_e != value:
                points.append(EvidencePoint(as_of, position, value))


def is_recorded(watch: ActiveWatch) -> bool:
    """Whether the evidence of *watch* is recorded; screened terms are too many."""
    return watch.design.watch.tier in RECORDED_TIERS


def exact_log_e(study: Study, active_watch: ActiveWatch) -> float:
    """Return log E of a watch as of now, from its likelihood and without bounds."""
    if active_watch.design.follow_up is not None and not active_watch.first_events:
        return 0.0  # Without a first event there is no risk set.
    return log_e(likelihood_of(study, active_watch).log_likelihood)
