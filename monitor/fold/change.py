"""Change: contribution after less contribution before, for any record that holds."""

from __future__ import annotations

from bisect import bisect_left

from monitor.evidence.active_watches import begin, settle
from monitor.plan.plan import read_plan
from monitor.records import (
    AdverseEvent,
    Assessment,
    Body,
    Collection,
    Disposition,
    Dose,
    Merge,
    Plan,
    Record,
    Retraction,
    Review,
    Subject,
    Tick,
    Treatment,
    day_of,
)
from monitor.state.entities import Thing, points_at_subject, target_of
from monitor.state.study import Study, SubjectState
from monitor.state.verdict import Level
from monitor.tables.counting import count_anew, take_back
from monitor.terms import DosedDays

OfSubject = AdverseEvent | Subject | Treatment | Dose | Disposition
OF_SUBJECT = (AdverseEvent, Subject, Treatment, Dose, Disposition)
"""What is counted under a subject: a case, or a fact that bears on its days at risk."""

UNCOUNTED = (Plan, Assessment, Review, Tick)
"""What bears on no count and no risk set, void or not."""


def enter(study: Study, record: Record) -> bool:
    """Hold the record and count what it changes; whether every watch must be judged."""
    body = record.body
    if study.trace is not None:
        study.trace.things.add(record.thing)
    if isinstance(body, OF_SUBJECT):
        held = study.ledger.things.get(record.thing)
        before = _subject_of(study, held) if held else None
        held = study.ledger.enter(record)
        held.foretold = _is_foretold(record)
        _settle_thing(study, record.thing, held, before)
        return False
    if isinstance(body, Retraction | Merge):
        return _point(study, record, body)
    study.ledger.enter(record)
    if isinstance(body, Plan):
        study.plan = read_plan(body.toml)
    if isinstance(body, Plan | Collection):
        recount(study)
    return isinstance(body, Plan | Collection | Tick)


def recount(study: Study) -> None:
    """Count everything anew: a plan, a collection or a merge of subjects changes it all."""
    if study.trace is not None:
        study.trace.whole = True
    begin(study)
    for thing, held in study.ledger.things.items():
        held.count_at(None)
        if isinstance(held.body, OF_SUBJECT) and study.ledger.live(thing):
            _attach(_subject_of(study, held), thing, held)
    for subject in study.subjects.values():
        settle(study, subject)
        _count_cases(study, subject)
    _lapse(study)


def _lapse(study: Study) -> None:
    """Let evidence stand nowhere that no watch is at work: no case of its term is left, or no plan.

    If it ever crosses again, that is a rise of its own, which a closed alert must not keep silent.
    """
    standing = {name for name, episode in study.episodes.items() if episode.stands}
    if standing:
        for name in standing - {running.id for running in study.running()}:
            study.episodes[name].stands = Level.QUIET


def _subject_of(study: Study, held: Thing) -> SubjectState:
    assert isinstance(held.body, OF_SUBJECT)
    return study.subject(held.body.subject)


def _attach(subject: SubjectState, thing: str, held: Thing) -> None:
    where = subject.cases if isinstance(held.body, AdverseEvent) else subject.facts
    where[thing] = held


def _settle_thing(study: Study, thing: str, held: Thing, before: SubjectState | None) -> None:
    """Put a thing where it belongs now; *before* is the subject under which it was."""
    subject, live = _subject_of(study, held), study.ledger.live(thing)
    if before is not None and (before is not subject or not live):
        if thing in before.cases:
            take_back(study, before, thing, held)
            del before.cases[thing]
        before.facts.pop(thing, None)
        _settle_subject(study, before, None)
    if live:
        _attach(subject, thing, held)
        if before is None and isinstance(held.body, Dose):
            _take_dose(study, subject, held.body)
        else:
            _settle_subject(study, subject, thing)


def _take_dose(study: Study, subject: SubjectState, dose: Dose) -> None:
    """Put an administration among the subject's others: it bears on no day at risk.

    To go through all facts for each of a thousand would cost the square of them.
    """
    days = DosedDays(dose.first_date, dose.last_date)
    at = bisect_left(subject.doses, days)
    subject.doses = (*subject.doses[:at], days, *subject.doses[at:])
    if study.context_groups:
        _count_cases(study, subject)


def _settle_subject(study: Study, subject: SubjectState, thing: str | None) -> None:
    """Count a subject's cases anew: only *thing* where it is a case that keeps to itself."""
    held = None if thing is None else subject.cases.get(thing)
    if thing is not None and held is not None and not study.context_groups:
        count_anew(study, subject, thing, held)
    elif held is not None or settle(study, subject) or study.context_groups:
        _count_cases(study, subject)


def _count_cases(study: Study, subject: SubjectState) -> None:
    for thing, held in subject.cases.items():
        count_anew(study, subject, thing, held)


def _point(study: Study, record: Record, body: Retraction | Merge) -> bool:
    """Enter a retraction or merge; whether it changed more than one subject's things."""
    held = study.ledger.things.get(record.thing)
    old = held.body if held else None
    if isinstance(old, Retraction | Merge):
        study.ledger.point(record.thing, old)
    study.ledger.enter(record)
    study.ledger.point(record.thing, body)
    target = study.ledger.things.get(target_of(body))
    if target is not None and isinstance(target.body, UNCOUNTED):
        target = None
    of_subject = target is None or isinstance(target.body, OF_SUBJECT)
    if not of_subject or points_at_subject(body) or not (old is None or _is_as_before(old, body)):
        recount(study)
        return True
    if target is not None and old is None:
        _settle_thing(study, target_of(body), target, _subject_of(study, target))
    return False


def _is_as_before(old: Body, body: Retraction | Merge) -> bool:
    """Whether a later version of a retraction voids what the earlier did: its reason is edited."""
    return isinstance(old, Retraction) and target_of(old) == target_of(body)


def _is_foretold(record: Record) -> bool:
    """Whether a case begins later than it was known: a partial date, a time zone, or an error."""
    body = record.body
    onset = body.onset if isinstance(body, AdverseEvent) else None
    return isinstance(onset, int) and onset > day_of(record.known_at)
