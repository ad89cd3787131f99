"""Detects changes to the first events behind a reviewed alert."""

from __future__ import annotations

from monitor.records import Body, Collection, Merge, NotAtRisk, PlanRecord, Retraction
from monitor.state.study import Study

FirstEventSet = frozenset[tuple[str, int, str]]
"""(subject name, onset, treatment name) of each first event of a watch; onset is an ordinal day."""


def first_events_before(study: Study, body: Body) -> dict[str, FirstEventSet] | None:
    """Return the first events of decided watches where *body* may cause a full recount.

    Returns None for other records: ``changed_first_events`` then holds what they change.
    """
    return (
        decided_first_events(study)
        if isinstance(body, PlanRecord | Collection | NotAtRisk | Retraction | Merge)
        else None
    )


def decided_first_events(study: Study) -> dict[str, FirstEventSet]:
    """Return the first events of each decided watch, by its id.

    Subjects and treatments are given by name, because a recount assigns new numbers.
    """
    names = {subject.number: subject.name for subject in study.subjects.values()}
    arms = list(study.treatment_numbers)
    return {
        watch_id: frozenset(
            (names[subject_number], onset, arms[arm])
            for subject_number, onset, arm in active_watch.first_events
        )
        for active_watch in study.active_watches()
        if (watch_id := active_watch.id) in study.decided_watches
    }


def affected_decisions(
    study: Study, before_recount: dict[str, FirstEventSet] | None
) -> tuple[str, ...]:
    """Return the sorted ids of decided watches whose first events have changed.

    Without a recount, any removed or added first event is a change, also where only its terms,
    seriousness or relatedness differ.  After a full recount, subject, onset and treatment are
    compared with *before_recount*.
    """
    if before_recount is None:
        watch_ids = {
            each.id for first_events in study.changed_first_events for each in first_events.watches
        }
        return tuple(sorted(watch_ids & study.decided_watches))
    after_recount = decided_first_events(study)
    return tuple(
        name
        for name in sorted(study.decided_watches)
        if after_recount.get(name) != before_recount.get(name)
    )
