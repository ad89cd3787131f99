"""What lies beneath a decision: whether a record changed the first events that were judged."""

from __future__ import annotations

from monitor.records import Body, Collection, Merge, Plan, Retraction
from monitor.state.study import Study

Events = frozenset[tuple[str, int, str]]
"""Subject, onset and treatment of each first event of a watch, by name."""


def before(study: Study, body: Body) -> dict[str, Events] | None:
    """The events beneath each decision, where *body* may have all of them counted anew.

    Else None: a record that bears on one subject says by itself what it touches.
    """
    return events(study) if isinstance(body, Plan | Collection | Retraction | Merge) else None


def events(study: Study) -> dict[str, Events]:
    """The first events beneath each decision, by watch; numbers do not outlive a recount."""
    names = {subject.number: subject.name for subject in study.subjects.values()}
    arms = list(study.treatments)
    return {
        name: frozenset((names[who], onset, arms[arm]) for who, onset, arm in running.events)
        for running in study.running()
        if (name := running.id) in study.decided
    }


def changed(study: Study, counted_anew: dict[str, Events] | None) -> tuple[str, ...]:
    """The watches that people have decided on, and whose first events are others now.

    An event that is counted anew is another: its day, its arm, its terms, its seriousness or
    its relatedness has changed.  After a recount of everything only who had one, when and on
    what is compared with *counted_anew*.
    """
    if counted_anew is None:
        names = {each.id for touched in study.touched for each in touched.watches}
        return tuple(sorted(names & study.decided))
    now = events(study)
    return tuple(name for name in sorted(study.decided) if now.get(name) != counted_anew.get(name))
