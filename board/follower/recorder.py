"""Records the evidence of a study's watches while the log is folded: evidence as known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from board.follower.evidence_series import EvidenceSeries, log_e_of
from board.views.facts import EvidencePoint
from monitor.evidence.evaluate import Likelihood, likelihood_of
from monitor.records import (
    Body,
    Collection,
    Disposition,
    Merge,
    NotAtRisk,
    PlanRecord,
    Retraction,
    Subject,
    Treatment,
)
from monitor.state.cell import Cell
from monitor.state.study import ActiveWatch, Study

EXPOSURE_BODIES = (
    Subject,
    Treatment,
    Disposition,
    NotAtRisk,
    Retraction,
    Merge,
    Collection,
    PlanRecord,
)
"""Bodies that may change days at risk; all others change first events only."""

RECORDED_TIERS = (1, 3)


@dataclass(slots=True)
class EvidenceRecorder:
    """The evidence of each tier 1 and tier 3 watch of one study, as known.

    A point is added where the evidence changed.  The likelihood of a watch is noted where the
    as-of date, its first events or the days at risk may have changed, and evaluated when it is
    read; the result is the same as if every watch were evaluated after every record.  *as_of* and
    *tables* are those of the last record: a recount, which opens all watches anew, replaces the
    tables.
    """

    series: dict[str, EvidenceSeries] = field(default_factory=dict[str, EvidenceSeries])
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
            self._note(study, self.watches, as_of, position)
        elif study.changed_first_events:
            changed = (
                watch
                for first_events in study.changed_first_events
                for watch in first_events.watches
                if is_recorded(watch)
            )
            self._note(study, changed, as_of, position)

    def evaluate(self) -> dict[str, list[EvidencePoint]]:
        """Return the evidence of each watch; what waits is evaluated first."""
        return {name: each.all_points() for name, each in self.series.items()}

    def latest(self, watch_id: str) -> float | None:
        """Return the latest evidence of a watch, None where there is none yet."""
        series = self.series.get(watch_id)
        return None if series is None else series.last_log_e()

    def _note(
        self, study: Study, watches: Iterable[ActiveWatch], as_of: int, position: int
    ) -> None:
        for watch in watches:
            series = self.series.get(watch.id)
            if series is None:
                series = self.series[watch.id] = EvidenceSeries()
            series.note(as_of, position, likelihood_now(study, watch))


def is_recorded(watch: ActiveWatch) -> bool:
    """Whether the evidence of *watch* is recorded; screened terms are too many."""
    return watch.design.watch.tier in RECORDED_TIERS


def likelihood_now(study: Study, active_watch: ActiveWatch) -> Likelihood | None:
    """Return the likelihood of a watch as of now, None where it has no risk set."""
    if active_watch.design.follow_up is not None and not active_watch.first_events:
        return None  # Without a first event there is no risk set.
    return likelihood_of(study, active_watch)


def exact_log_e(study: Study, active_watch: ActiveWatch) -> float:
    """Return log E of a watch as of now, from its likelihood and without bounds."""
    return log_e_of(likelihood_now(study, active_watch))
