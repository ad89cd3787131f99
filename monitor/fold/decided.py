"""What lies beneath a decision: whether a record changed the first events that were judged."""

from __future__ import annotations

from monitor.records import Body, Collection, Merge, PlanRecord, Retraction
from monitor.state.study import Study

FirstEventSet = frozenset[tuple[str, int, str]]
"""Subject, onset and treatment of each first event of a watch, by name."""


def first_events_before(study: Study, body: Body) -> dict[str, FirstEventSet] | None:
    """The events beneath each decision, where *body* may have all of them counted anew.

    Else None: a record that bears on one subject says by itself what it touches.
    """
    return (
        decided_first_events(study)
        if isinstance(body, PlanRecord | Collection | Retraction | Merge)
        else None
    )


def decided_first_events(study: Study) -> dict[str, FirstEventSet]:
    """The first events beneath each decision, by watch; numbers do not outlive a recount."""
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
    """The watches that people have decided on, and whose first events are others now.

    An event that is counted anew is another: its day, its arm, its terms, its seriousness or
    its relatedness has changed.  After a recount of everything only who had one, when and on
    what is compared with *counted_anew*.
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
