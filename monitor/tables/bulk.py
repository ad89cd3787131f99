"""Counts many cases of one subject again at once: those that count alike are added together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from monitor.evidence.active_watches import first_event_scopes
from monitor.exposure.first_events import MANY_SUBJECTS
from monitor.plan.plan import ARMS_MAX
from monitor.records import AdverseEvent
from monitor.state.case_index import CaseIndex
from monitor.state.cell import Cell
from monitor.state.entities import Contribution
from monitor.state.study import Study, SubjectState
from monitor.tables.counting import (
    close_unused_watches,
    contribution_of,
    mark_cells_dirty,
    next_first_event,
    update_contribution,
)

BULK_FROM = 32
"""Cases from which counting them together is faster than one by one."""


@dataclass(slots=True)
class AlikeCases:
    """Cases that agree in all of their contribution but the onset: their number and versions."""

    cases: int = 0
    versions: int = 0
    onsets: set[int] = field(default_factory=set[int])


Groups = dict[Contribution, AlikeCases]
"""Alike cases by their contribution, with 0 as its onset."""


def update_many(
    study: Study, subject: SubjectState, index: CaseIndex, entity_ids: Iterable[str]
) -> None:
    """Update the contributions of these cases, with the result of ``update_contribution``."""
    removed: Groups = defaultdict(AlikeCases)
    added: Groups = defaultdict(AlikeCases)
    for entity_id in entity_ids:
        entity = subject.cases[entity_id]
        assert isinstance(entity.body, AdverseEvent)
        old = entity.contribution
        new = contribution_of(study, subject, entity_id, entity.body)
        if new == old:
            update_contribution(study, subject, entity_id, entity)
            continue
        if old is not None:
            _add_to_group(removed, old, entity.counted_versions)
            index.remove_contribution(entity_id, old)
        entity.set_contribution(new)
        if new is not None:
            _add_to_group(added, new, entity.versions)
            index.add_contribution(entity_id, new)
    _update_cells(study, subject, removed, -1)
    _update_cells(study, subject, added, 1)
    _update_first_events(study, subject, removed, added)
    for contribution in removed:
        table = study.tables[study.table_numbers(contribution.period, contribution.treatment)[0]]
        for term in contribution.terms:
            if not table[term].events and term in study.first_events:
                close_unused_watches(study, term)


def _add_to_group(groups: Groups, contribution: Contribution, versions: int) -> None:
    group = groups[contribution._replace(onset=0)]
    group.cases += 1
    group.versions += versions
    group.onsets.add(contribution.onset)


def _update_cells(study: Study, subject: SubjectState, groups: Groups, sign: int) -> None:
    """Add the cases of *groups* to their cells (*sign* 1), or remove them (-1)."""
    for contribution, group in groups.items():
        if study.dirty is not None:
            mark_cells_dirty(study, study.dirty, contribution)
        for number in study.table_numbers(contribution.period, contribution.treatment):
            table, subject_counts = study.tables[number], subject.counts.setdefault(number, {})
            for term in contribution.terms:
                cell = table.get(term)
                if cell is None:
                    cell = table[term] = Cell()
                cell.add_alike(
                    subject_counts,
                    term,
                    contribution.increment,
                    cases=sign * group.cases,
                    versions=sign * group.versions,
                )


def _update_first_events(
    study: Study, subject: SubjectState, removed: Groups, added: Groups
) -> None:
    """Set the subject's first events under the terms of the cases.

    A first event that was removed has changed even where another of the same day replaces it.
    """
    lost: defaultdict[int, set[int]] = defaultdict(set)
    for contribution, group in removed.items():
        packed = {onset * ARMS_MAX + contribution.treatment for onset in group.onsets}
        for term in contribution.terms:
            lost[term] |= packed
    terms = dict.fromkeys(lost) | dict.fromkeys(term for each in added for term in each.terms)
    for term in terms:
        for first_events in study.first_events.get(term) or first_event_scopes(study, term):
            current = first_events.first_event_of(subject.number)
            earliest = next_first_event(subject, first_events)
            if current != earliest:
                first_events.set_first(subject.number, earliest, subject.spells)
            if current != earliest or current in lost[term]:
                study.changed_first_events[first_events] = MANY_SUBJECTS
