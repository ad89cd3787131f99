"""Scopes that count fewer days than their subjects are at risk: exempt days, first study days.

A record `not_at_risk` exempts days of one subject from one term or from all.  A watch may end risk
after some study days.  The days that count are kept with the first events of such a scope, so that
all other scopes use the days of the subject as they are.
"""

from __future__ import annotations

from monitor.dates import FOREVER
from monitor.exposure.person_time import DayRange, Spell, spells_outside, united
from monitor.records import Collection, NotAtRisk, TermKind
from monitor.state.study import Study, SubjectState, WatchedFirstEvents
from monitor.terms import ANY, Term

LAST_OF_DAYS = FOREVER + 1
"""Later than every day, so that nothing is left after a limit."""


def read_term_records(study: Study) -> None:
    """Set from which day each term is collected, and which terms have exempt days.

    Of several first days of collection the latest counts.  A term of a nullified `not_at_risk`
    has exempt days too, though it may have none left.
    """
    study.collected_from, study.exempt_terms = {}, set()
    for entity_id, entity in study.entities.by_id.items():
        body = entity.body
        if isinstance(body, Collection):
            if study.entities.is_active(entity_id):
                number = study.vocabulary.number_of(Term(TermKind(body.kind), body.term))
                study.collected_from[number] = max(study.collected_from.get(number, 0), body.start)
        elif isinstance(body, NotAtRisk):
            study.exempt_terms.add(exempt_term(study, body))


def exempt_term(study: Study, body: NotAtRisk) -> int:
    """Return the number of the term that *body* is about; of no event, that of any."""
    return study.vocabulary.number_of(ANY if body.term is None else Term(body.kind, body.term))


def find_exempt_days(study: Study, subject: SubjectState) -> dict[int, tuple[DayRange, ...]]:
    """Return the days on which the subject is not at risk, by the number of the term."""
    ranges: dict[int, list[DayRange]] = {}
    for entity in subject.facts.values():
        body = entity.body
        if isinstance(body, NotAtRisk):
            end = FOREVER if body.last_date is None else body.last_date + 1
            ranges.setdefault(exempt_term(study, body), []).append((body.start, end))
    return {term: united(each) for term, each in ranges.items()}


def is_exempt(subject: SubjectState, term: int, day: int) -> bool:
    """Whether the subject is not at risk of the term on the ordinal *day*, by its records."""
    ranges = () if subject.exempt_days is None else subject.exempt_days.get(term, ())
    return any(start <= day < end for start, end in ranges)


def is_narrow(study: Study, term: int, within_days: int | None) -> bool:
    """Whether a scope of *term* counts fewer days than its subjects are at risk."""
    return within_days is not None or term in study.exempt_terms


def spells_in_scope(
    study: Study, subject: SubjectState, scope: WatchedFirstEvents
) -> tuple[Spell, ...]:
    """Return the days at risk of the subject that count in a narrow *scope*."""
    spells = subject.spells
    if subject.exempt_days is not None:
        spells = spells_outside(spells, subject.exempt_days.get(scope.term, ()))
    if scope.within_days is None:
        return spells
    starts = [
        interval.start
        for interval in study.treatment_intervals_of(subject)
        if scope.covers(interval.period, interval.treatment)
    ]
    if not starts:
        return ()
    return spells_outside(spells, ((min(starts) + scope.within_days, LAST_OF_DAYS),))


def open_narrow_scope(study: Study, scope: WatchedFirstEvents) -> None:
    """Keep the days that count in *scope*, beginning with those of all subjects so far."""
    scope.own_spells = {}
    study.narrow_scopes.append(scope)
    for subject in study.subjects.values():
        update_scope(study, subject, scope)


def update_scope(study: Study, subject: SubjectState, scope: WatchedFirstEvents) -> None:
    """Replace the days of the subject that count in a narrow *scope*."""
    assert scope.own_spells is not None
    old, new = scope.own_spells.get(subject.number, ()), spells_in_scope(study, subject, scope)
    if old == new:
        return
    if scope.person_days is not None:
        scope.add_person_days(subject.number, old, -1)
        scope.add_person_days(subject.number, new, 1)
    scope.own_spells[subject.number] = new


def close_scopes(study: Study, term: int) -> None:
    """Forget the first events of *term*, with the follow-up tables that only they have."""
    del study.first_events[term]
    if term in study.exempt_terms:
        study.narrow_scopes = [each for each in study.narrow_scopes if each.term != term]
        study.follow_ups = {key: each for key, each in study.follow_ups.items() if key.term != term}
