"""How a case counts: its contribution to the rate tables and to the first events of the watches."""

from __future__ import annotations

from monitor.evidence.active_watches import first_event_scopes
from monitor.evidence.scopes import close_scopes, is_exempt
from monitor.exposure.first_events import MANY_SUBJECTS, FirstEventChange
from monitor.exposure.person_time import spell_on
from monitor.plan.plan import ARMS_MAX
from monitor.records import RELATED, AdverseEvent, TermKind
from monitor.state.cell import Cell, count_increment
from monitor.state.dirty import DirtySet
from monitor.state.entities import Contribution, Entity
from monitor.state.study import Study, SubjectState, WatchedFirstEvents
from monitor.tables.context import joined_groups, onset_of
from monitor.terms import ANY, CaseTerms, Group, Term, fold_term, is_serious


def contribution_of(
    study: Study, subject: SubjectState, entity_id: str, case: AdverseEvent
) -> Contribution | None:
    """Return where the case counts: period, treatment, onset, increment and terms.

    None where the onset is unknown or after the horizon, or where it falls in no spell of the
    subject: before treatment, after the window, or while no treatment is recorded.
    """
    onset = onset_of(study, subject, case)
    if onset is None or onset > study.onset_horizon:
        return None
    spell = spell_on(onset, subject.spells)
    if spell is None:
        return None
    serious = is_serious(case)
    terms, context_groups = terms_of(study, case, serious=serious)
    if context_groups:
        terms += joined_groups(study, subject, context_groups, entity_id, case, onset)
    if study.collected_from:
        terms = tuple(term for term in terms if onset >= study.collected_from.get(term, onset))
    if subject.exempt_days is not None:
        terms = tuple([term for term in terms if not is_exempt(subject, term, onset)])
    increment = count_increment(serious=serious, related=case.relatedness in RELATED)
    return Contribution(spell.period, spell.treatment, onset, increment, terms)


def terms_of(study: Study, case: AdverseEvent, *, serious: bool) -> CaseTerms:
    """Return the terms of the case as far as they do not depend on other records.

    Cached by seriousness and the fields that the plan's groups use.
    """
    key = study.grouping_key(case), serious
    terms = study.terms_by_key.get(key)
    if terms is None:
        terms = study.terms_by_key[key] = _find_terms(study, case)
    return terms


def _find_terms(study: Study, case: AdverseEvent) -> CaseTerms:
    terms = [
        Term(TermKind.PREFERRED_TERM, case.preferred_term),
        Term(TermKind.SYSTEM_ORGAN_CLASS, case.system_organ_class),
        ANY,
    ]
    groups = groups_of_label(study, case.label_group or case.preferred_term)
    terms += [g.term for g in groups if g.matches(case) and not g.needs_context(case)]
    context_groups = [
        (number, group)
        for number, group in study.context_groups
        if group.matches(case) and group.needs_context(case)
    ]
    return CaseTerms(tuple(map(study.vocabulary.number_of, terms)), tuple(context_groups))


def groups_of_label(study: Study, label: str) -> tuple[Group, ...]:
    """Return the plan's groups without those of other label groups only, in the plan's order."""
    groups = study.groups_by_label.get(label)
    if groups is None:
        folded = fold_term(label)
        groups = study.groups_by_label[label] = tuple(
            group
            for group in study.plan.groups
            if group.label_groups is None or folded in group.label_groups
        )
    return groups


def update_contribution(
    study: Study, subject: SubjectState, entity_id: str, entity: Entity
) -> None:
    """Count the case by its latest version: subtract the old contribution and add the new one.

    Where the contribution is unchanged, only the number of versions is updated.
    """
    assert isinstance(entity.body, AdverseEvent)
    contribution = contribution_of(study, subject, entity_id, entity.body)
    if entity.counted_versions and contribution != entity.contribution:
        remove_contribution(study, subject, entity_id, entity)
    if contribution is None:
        return
    if not entity.counted_versions:
        if subject.index is not None:
            subject.index.add_contribution(entity_id, contribution)
        _add_contribution(study, subject, entity, contribution)
    elif entity.versions != entity.counted_versions:
        for table_number in study.table_numbers(contribution.period, contribution.treatment):
            for term in contribution.terms:
                study.tables[table_number][term].versions += (
                    entity.versions - entity.counted_versions
                )
        entity.counted_versions = entity.versions
        if study.dirty is not None:
            mark_cells_dirty(study, study.dirty, contribution)


def mark_cells_dirty(study: Study, dirty: DirtySet, contribution: Contribution) -> None:
    """Mark the cells of *contribution* as changed, for the next write to the store."""
    for number in study.table_numbers(contribution.period, contribution.treatment):
        dirty.cells.update([(number, term) for term in contribution.terms])


def _add_contribution(
    study: Study, subject: SubjectState, entity: Entity, contribution: Contribution
) -> None:
    entity.set_contribution(contribution)
    if study.dirty is not None:
        mark_cells_dirty(study, study.dirty, contribution)
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
    """Subtract the case from every cell and first event in which it is counted.

    Where it was its subject's first event in a scope, the next counted case there replaces it.
    """
    contribution, versions = entity.contribution, entity.counted_versions
    if contribution is None:
        return
    if study.dirty is not None:
        mark_cells_dirty(study, study.dirty, contribution)
    table_numbers = study.table_numbers(contribution.period, contribution.treatment)
    for table_number in table_numbers:
        table, subject_counts = study.tables[table_number], subject.counts[table_number]
        for term in contribution.terms:
            table[term].add(subject_counts, term, -contribution.increment, -versions)
    entity.set_contribution(None)
    if subject.index is not None:
        subject.index.remove_contribution(entity_id, contribution)
    packed_event = contribution.onset * ARMS_MAX + contribution.treatment
    for term in contribution.terms:
        for first_events in study.first_events.get(term) or first_event_scopes(study, term):
            if first_events.first_event_of(subject.number) == packed_event:
                next_event = next_first_event(subject, first_events)
                if next_event != packed_event:
                    first_events.set_first(subject.number, next_event, subject.spells)
                study.changed_first_events[first_events] = MANY_SUBJECTS
        if not study.tables[table_numbers[0]][term].events:
            close_unused_watches(study, term)


def close_unused_watches(study: Study, term: int) -> None:
    """Close the tier 2 watches of a term without cases, where none of its watches has a verdict.

    A recount does not open them, and a restored study must equal one that was never unloaded.
    """
    scopes = study.first_events[term]
    watches = [watch for events in scopes for watch in events.watches]
    if any(watch.verdict is not None or watch.design.watch.tier != 2 for watch in watches):
        return
    has_cases = any(table[term].events for table in study.tables if term in table)
    if not has_cases and not any(events in study.changed_first_events for events in scopes):
        close_scopes(study, term)


def update_first_event(
    study: Study, subject: SubjectState, first_events: WatchedFirstEvents
) -> None:
    """Set the subject's first event in a scope whose days may have changed without its cases."""
    earliest = next_first_event(subject, first_events)
    if first_events.first_event_of(subject.number) != earliest:
        first_events.set_first(subject.number, earliest, subject.spells)
        study.changed_first_events[first_events] = MANY_SUBJECTS


def next_first_event(subject: SubjectState, first_events: WatchedFirstEvents) -> int | None:
    """Return the subject's earliest counted case in the scope, or None.

    Onset and treatment are packed as ``onset * ARMS_MAX + treatment``.  Days that do not count in
    the scope end risk or are exempt from its term, so no case that counts follows one that is on
    them: a case on exempt days does not count under the term.
    """
    earliest = _earliest_case(subject, first_events)
    is_first = earliest is not None and first_events.accepts(subject.number, earliest)
    return earliest if is_first else None


def _earliest_case(subject: SubjectState, first_events: WatchedFirstEvents) -> int | None:
    if subject.index is not None:
        return subject.index.next_first_event(first_events)
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
