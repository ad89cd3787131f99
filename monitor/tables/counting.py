"""What one case adds to the tables and to the watches, and how a change of it is counted."""

from __future__ import annotations

from monitor.dates import impute
from monitor.evidence.active_watches import first_event_scopes
from monitor.exposure.first_events import MANY_SUBJECTS, FirstEventChange
from monitor.exposure.person_time import spell_on
from monitor.plan.plan import ARMS_MAX
from monitor.records import RELATED, AdverseEvent, TermKind
from monitor.state.cell import Cell, count_increment
from monitor.state.dirty import DirtySet
from monitor.state.entities import Contribution, Entity
from monitor.state.study import Study, SubjectState, WatchedFirstEvents
from monitor.terms import ANY, Group, Term, completes_pair, is_near_dose, is_serious


def onset_of(study: Study, subject: SubjectState, case: AdverseEvent) -> int | None:
    """The day the event began, imputed by the plan's rule where only a part is known."""
    onset = case.onset
    if onset is None or isinstance(onset, int):
        return onset
    first_treated_day = min((start for _, start in subject.period_starts), default=None)
    return impute(onset, study.plan.partial_date_rule, first_treated_day)


def contribution_of(
    study: Study, subject: SubjectState, entity_id: str, case: AdverseEvent
) -> Contribution | None:
    """Where the case counts, or None: undated, not treatment-emergent, or waiting."""
    onset = onset_of(study, subject, case)
    if onset is None or onset > study.onset_horizon:
        return None
    spell = spell_on(onset, subject.spells)
    if spell is None:
        return None
    serious = is_serious(case)
    terms = terms_of(study, case, serious=serious)
    if study.context_groups:
        terms += _context_groups_of(study, subject, entity_id, case, onset)
    if study.collected_from:
        terms = tuple(term for term in terms if onset >= study.collected_from.get(term, onset))
    increment = count_increment(serious=serious, related=case.relatedness in RELATED)
    return Contribution(spell.period, spell.treatment, onset, increment, terms)


def terms_of(study: Study, case: AdverseEvent, *, serious: bool) -> tuple[int, ...]:
    """The terms under which the case counts by itself.

    They are the same for all cases that agree in what the plan's groups ask for.
    """
    key = study.grouping_key(case), serious
    numbers = study.terms_by_key.get(key)
    if numbers is None:
        terms = [
            Term(TermKind.PREFERRED_TERM, case.preferred_term),
            Term(TermKind.SYSTEM_ORGAN_CLASS, case.system_organ_class),
            ANY,
        ]
        groups = study.plan.groups
        terms += [g.term for g in groups if g.matches(case) and not g.needs_context(case)]
        numbers = study.terms_by_key[key] = tuple(
            study.vocabulary.number_of(name) for name in terms
        )
    return numbers


def _context_groups_of(
    study: Study, subject: SubjectState, entity_id: str, case: AdverseEvent, onset: int
) -> tuple[int, ...]:
    """The groups to which the case belongs because of a dose, or of another case, beside it."""
    return tuple(
        number
        for number, group in study.context_groups
        if group.matches(case)
        and group.needs_context(case)
        and _has_context(study, subject, group, entity_id, case, onset)
    )


def _has_context(
    study: Study,
    subject: SubjectState,
    group: Group,
    entity_id: str,
    case: AdverseEvent,
    onset: int,
) -> bool:
    within_days = group.within_days_after_dose
    if within_days is not None and not is_near_dose(onset, subject.doses, within_days):
        return False
    if group.term_pair is None or case.preferred_term in (group.preferred_terms or ()):
        return True
    other_cases = [
        (entity.body.preferred_term, day, name)
        for name, entity in subject.cases.items()
        if isinstance(entity.body, AdverseEvent) and group.matches(entity.body)
        if (day := onset_of(study, subject, entity.body)) is not None
    ]
    return completes_pair(group.term_pair, case.preferred_term, (onset, entity_id), other_cases)


def in_group(
    study: Study, subject: SubjectState, group: Group, entity_id: str, case: AdverseEvent
) -> bool:
    """Whether the case is one of *group*, by itself or by what is beside it."""
    if not group.matches(case):
        return False
    if not group.needs_context(case):
        return True
    onset = onset_of(study, subject, case)
    return onset is not None and _has_context(study, subject, group, entity_id, case, onset)


def update_contribution(
    study: Study, subject: SubjectState, entity_id: str, entity: Entity
) -> None:
    """Count the case where it belongs now: contribution after less contribution before."""
    assert isinstance(entity.body, AdverseEvent)
    contribution = contribution_of(study, subject, entity_id, entity.body)
    if entity.counted_versions and contribution != entity.contribution:
        remove_contribution(study, subject, entity_id, entity)
    if contribution is None:
        return
    if not entity.counted_versions:
        _add_contribution(study, subject, entity, contribution)
    elif entity.versions != entity.counted_versions:
        for table_number in study.table_numbers(contribution.period, contribution.treatment):
            for term in contribution.terms:
                study.tables[table_number][term].versions += (
                    entity.versions - entity.counted_versions
                )
        entity.counted_versions = entity.versions
        if study.dirty is not None:
            _mark_cells_dirty(study, study.dirty, contribution)


def _mark_cells_dirty(study: Study, dirty: DirtySet, contribution: Contribution) -> None:
    """Note that the cells of *place* have changed."""
    for number in study.table_numbers(contribution.period, contribution.treatment):
        dirty.cells.update([(number, term) for term in contribution.terms])


def _add_contribution(
    study: Study, subject: SubjectState, entity: Entity, contribution: Contribution
) -> None:
    entity.set_contribution(contribution)
    if study.dirty is not None:
        _mark_cells_dirty(study, study.dirty, contribution)
    period, treatment, onset, increment, terms = contribution
    for table_number in study.table_numbers(period, treatment):
        table, subject_counts = study.tables[table_number], subject.counts.get(table_number)
        if subject_counts is None:
            subject_counts = subject.counts[table_number] = {}
        for term in terms:
            cell = table.get(term)
            if cell is None:
                cell = table[term] = Cell()
            cell.add(subject_counts, term, increment, entity.versions)
    packed_event, subject_number, spells = (
        onset * ARMS_MAX + treatment,
        subject.number,
        subject.spells,
    )
    for term in terms:
        for first_events in study.first_events.get(term) or first_event_scopes(study, term):
            if first_events.covers(period, treatment) and (
                change := first_events.add_event(subject_number, packed_event, spells)
            ):
                is_only_change = (
                    change is FirstEventChange.NEW
                    and study.changed_first_events.get(first_events, subject_number)
                    == subject_number
                )
                study.changed_first_events[first_events] = (
                    subject_number if is_only_change else MANY_SUBJECTS
                )


def remove_contribution(
    study: Study, subject: SubjectState, entity_id: str, entity: Entity
) -> None:
    """Take the case out of all that it was counted in."""
    contribution, versions = entity.contribution, entity.counted_versions
    if contribution is None:
        return
    if study.dirty is not None:
        _mark_cells_dirty(study, study.dirty, contribution)
    for table_number in study.table_numbers(contribution.period, contribution.treatment):
        for term in contribution.terms:
            cell = study.tables[table_number][term]
            cell.add(subject.counts[table_number], term, -contribution.increment, -versions)
    entity.set_contribution(None)
    packed_event = contribution.onset * ARMS_MAX + contribution.treatment
    for term in contribution.terms:
        for first_events in first_event_scopes(study, term):
            if first_events.first_event_of(subject.number) == packed_event:
                first_events.set_first(
                    subject.number, _next_first_event(subject, first_events), subject.spells
                )
                study.changed_first_events[first_events] = MANY_SUBJECTS
        _close_unused_watches(study, term)


def _close_unused_watches(study: Study, term: int) -> None:
    """Close the watches of a term that no case has any more, where none was ever judged.

    Counting anew would not open them: a study that was left and taken up again must not differ.
    """
    scopes = study.first_events[term]
    watches = [watch for events in scopes for watch in events.watches]
    if any(watch.verdict is not None or watch.design.watch.tier != 2 for watch in watches):
        return
    has_cases = any(table[term].events for table in study.tables if term in table)
    if not has_cases and not any(events in study.changed_first_events for events in scopes):
        del study.first_events[term]


def _next_first_event(subject: SubjectState, first_events: WatchedFirstEvents) -> int | None:
    """The first event of *subject* within *events*, of the cases that are counted now."""
    contributions = (entity.contribution for entity in subject.cases.values())
    return min(
        (
            contribution.onset * ARMS_MAX + contribution.treatment
            for contribution in contributions
            if contribution
            and first_events.term in contribution.terms
            and first_events.covers(contribution.period, contribution.treatment)
        ),
        default=None,
    )
