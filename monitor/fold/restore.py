"""Restores a study from its stored entities and verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monitor.fold.change import recount
from monitor.records import Merge, Retraction
from monitor.state.study import Study
from monitor.state.verdict import Verdict, VerdictReason


def last_verdicts(study: Study) -> Iterator[tuple[str, Verdict]]:
    """Yield the id and last verdict of every watch that was evaluated."""
    for watch_id, active_watch in study.watches_by_id.items():
        if active_watch.verdict is not None:
            yield watch_id, active_watch.verdict


def last_verdict_of(study: Study, watch_id: str) -> Verdict | None:
    """Return the last verdict of a watch, or None where it is not active or not evaluated."""
    active_watch = study.watches_by_id.get(watch_id)
    return None if active_watch is None else active_watch.verdict


def restore_counts(study: Study, stored_verdicts: Mapping[str, Verdict]) -> None:
    """Rebuild all counts from the study's entities, and restore the verdicts by watch id.

    The study must have its plan, *days_on_record*, *latest_day*, *spent_shares*, *episodes*, and
    its entities in the order of their first records; its *extension* is not restored here.
    Verdicts are stored and not recomputed, because a watch is evaluated only when a record affects
    it.  The restored study continues as if it had stayed in memory.
    """
    for entity_id, entity in study.entities.by_id.items():
        if isinstance(entity.body, Retraction | Merge):
            study.entities.toggle_reference(entity_id, entity.body)
    recount(study)
    study.changed_first_events.clear()
    for watch_id, active_watch in study.watches_by_id.items():
        active_watch.verdict = verdict = stored_verdicts.get(watch_id)
        if verdict is not None and active_watch.design.watch.tier == 2:
            is_hypothesis = verdict.reason is not VerdictReason.NO_EVENTS
            study.hypotheses += is_hypothesis
            if is_hypothesis and verdict.log_e is not None:
                study.e_bh_candidates[active_watch] = verdict.log_e
