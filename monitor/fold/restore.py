"""Takes a study up where it was left: from what was kept of it to the state it had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monitor.fold.change import recount
from monitor.records import Merge, Retraction
from monitor.state.study import Study
from monitor.state.verdict import Verdict, VerdictReason


def last_verdicts(study: Study) -> Iterator[tuple[str, Verdict]]:
    """Every watch that has been judged, by its id, with where it stands."""
    for watch_id, active_watch in study.watches_by_id.items():
        if active_watch.verdict is not None:
            yield watch_id, active_watch.verdict


def last_verdict_of(study: Study, watch_id: str) -> Verdict | None:
    """Where *watch* stands, if it is there and was judged."""
    active_watch = study.watches_by_id.get(watch_id)
    return None if active_watch is None else active_watch.verdict


def restore_counts(study: Study, stored_verdicts: Mapping[str, Verdict]) -> None:
    """Count anew all that the ledger's things say, and put each watch where it stood.

    The study has its plan, `latest`, `spent`, `episodes`, and its things in the order in which
    they first came; what is beside it is not put back here.  It then goes on as if it had never
    been away: a watch is judged when a record touches it and not because somebody looked, so a
    verdict is kept, not computed again.
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
