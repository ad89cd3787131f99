"""What one case adds to the tables and to the watches, and how a change of it is counted."""

from __future__ import annotations

from monitor.dates import impute
from monitor.evidence.active_watches import first_event_scopes
from monitor.exposure.first_events import SEVERAL, Came
from monitor.exposure.person_time import spell_on
from monitor.plan.plan import ARMS_MAX
from monitor.records import RELATED, AdverseEvent, TermKind
from monitor.state.cell import Cell, weight_of
from monitor.state.dirty import Trace
from monitor.state.entities import Place, Thing
from monitor.state.study import Study, SubjectState, WatchedFirstEvents
from monitor.terms import ANY, Group, Term, completes_pair, is_serious, near_dose


def onset_of(study: Study, subject: SubjectState, case: AdverseEvent) -> int | None:
    """The day the event began, imputed by the plan's rule where only a part is known."""
    onset = case.onset
    if onset is None or isinstance(onset, int):
        return onset
    treated_from = min((start for _, start in subject.starts), default=None)
    return impute(onset, study.plan.partial_dates, treated_from)


def place_of(study: Study, subject: SubjectState, thing: str, case: AdverseEvent) -> Place | None:
    """Where the case counts, or None: undated, not treatment-emergent, or waiting."""
    onset = onset_of(study, subject, case)
    if onset is None or onset > study.onsets_until:
        return None
    spell = spell_on(onset, subject.spells)
    if spell is None:
        return None
    serious = is_serious(case)
    terms = terms_of(study, case, serious=serious)
    if study.context_groups:
        terms += _company_of(study, subject, thing, case, onset)
    if study.collected:
        terms = tuple(term for term in terms if onset >= study.collected.get(term, onset))
    weight = weight_of(serious=serious, related=case.relatedness in RELATED)
    return Place(spell.period, spell.treatment, onset, weight, terms)


def terms_of(study: Study, case: AdverseEvent, *, serious: bool) -> tuple[int, ...]:
    """The terms under which the case counts by itself.

    They are the same for all cases that agree in what the plan's groups ask for.
    """
    key = study.grouped_by(case), serious
    known = study.term_sets.get(key)
    if known is None:
        names = [
            Term(TermKind.PREFERRED_TERM, case.preferred_term),
            Term(TermKind.SYSTEM_ORGAN_CLASS, case.system_organ_class),
            ANY,
        ]
        groups = study.plan.groups
        names += [g.term for g in groups if g.admits(case) and not g.needs_company(case)]
        known = study.term_sets[key] = tuple(study.vocabulary.number(name) for name in names)
    return known


def _company_of(
    study: Study, subject: SubjectState, thing: str, case: AdverseEvent, onset: int
) -> tuple[int, ...]:
    """The groups to which the case belongs because of a dose, or of another case, beside it."""
    return tuple(
        number
        for number, group in study.context_groups
        if group.admits(case)
        and group.needs_company(case)
        and _has_company(study, subject, group, thing, case, onset)
    )


def _has_company(
    study: Study, subject: SubjectState, group: Group, thing: str, case: AdverseEvent, onset: int
) -> bool:
    days = group.within_days_after_dose
    if days is not None and not near_dose(onset, subject.doses, days):
        return False
    if group.pair is None or case.preferred_term in (group.preferred_terms or ()):
        return True
    others = [
        (held.body.preferred_term, day, name)
        for name, held in subject.cases.items()
        if isinstance(held.body, AdverseEvent) and group.admits(held.body)
        if (day := onset_of(study, subject, held.body)) is not None
    ]
    return completes_pair(group.pair, case.preferred_term, (onset, thing), others)


def belongs(
    study: Study, subject: SubjectState, group: Group, thing: str, case: AdverseEvent
) -> bool:
    """Whether the case is one of *group*, by itself or by what is beside it."""
    if not group.admits(case):
        return False
    if not group.needs_company(case):
        return True
    onset = onset_of(study, subject, case)
    return onset is not None and _has_company(study, subject, group, thing, case, onset)


def count_anew(study: Study, subject: SubjectState, thing: str, held: Thing) -> None:
    """Count the case where it belongs now: contribution after less contribution before."""
    assert isinstance(held.body, AdverseEvent)
    place = place_of(study, subject, thing, held.body)
    if held.counted and place != held.place:
        take_back(study, subject, thing, held)
    if place is None:
        return
    if not held.counted:
        _count(study, subject, held, place)
    elif held.versions != held.counted:
        for number in study.table_numbers(place.period, place.treatment):
            for term in place.terms:
                study.tables[number][term].versions += held.versions - held.counted
        held.counted = held.versions
        if study.trace is not None:
            _mark(study, study.trace, place)


def _mark(study: Study, trace: Trace, place: Place) -> None:
    """Note that the cells of *place* have changed."""
    for number in study.table_numbers(place.period, place.treatment):
        trace.cells.update([(number, term) for term in place.terms])


def _count(study: Study, subject: SubjectState, held: Thing, place: Place) -> None:
    held.count_at(place)
    if study.trace is not None:
        _mark(study, study.trace, place)
    period, treatment, onset, weight, terms = place
    for number in study.table_numbers(period, treatment):
        table, mine = study.tables[number], subject.counts.get(number)
        if mine is None:
            mine = subject.counts[number] = {}
        for term in terms:
            cell = table.get(term)
            if cell is None:
                cell = table[term] = Cell()
            cell.add(mine, term, weight, held.versions)
    packed, who, spells = onset * ARMS_MAX + treatment, subject.number, subject.spells
    for term in terms:
        for events in study.first_events.get(term) or first_event_scopes(study, term):
            if events.covers(period, treatment) and (came := events.come(who, packed, spells)):
                alone = came is Came.NEW and study.touched.get(events, who) == who
                study.touched[events] = who if alone else SEVERAL


def take_back(study: Study, subject: SubjectState, thing: str, held: Thing) -> None:
    """Take the case out of all that it was counted in."""
    place, versions = held.place, held.counted
    if place is None:
        return
    if study.trace is not None:
        _mark(study, study.trace, place)
    for number in study.table_numbers(place.period, place.treatment):
        for term in place.terms:
            cell = study.tables[number][term]
            cell.add(subject.counts[number], term, -place.weight, -versions)
    held.count_at(None)
    packed = place.onset * ARMS_MAX + place.treatment
    for term in place.terms:
        for events in first_event_scopes(study, term):
            if events.first(subject.number) == packed:
                events.put(subject.number, _next_first(subject, events), subject.spells)
                study.touched[events] = SEVERAL
        _forget(study, term)


def _forget(study: Study, term: int) -> None:
    """Close the watches of a term that no case has any more, where none was ever judged.

    Counting anew would not open them: a study that was left and taken up again must not differ.
    """
    scopes = study.first_events[term]
    watches = [watch for events in scopes for watch in events.watches]
    if any(watch.verdict is not None or watch.bench.watch.tier != 2 for watch in watches):
        return
    has_cases = any(table[term].events for table in study.tables if term in table)
    if not has_cases and not any(events in study.touched for events in scopes):
        del study.first_events[term]


def _next_first(subject: SubjectState, events: WatchedFirstEvents) -> int | None:
    """The first event of *subject* within *events*, of the cases that are counted now."""
    places = (held.place for held in subject.cases.values())
    return min(
        (
            place.onset * ARMS_MAX + place.treatment
            for place in places
            if place and events.term in place.terms and events.covers(place.period, place.treatment)
        ),
        default=None,
    )
