"""Which watches a study runs: those its plan names, and one for every other term that appears."""

from __future__ import annotations

from operator import attrgetter

from monitor.exposure.follow_up import FollowUp
from monitor.exposure.person_time import PersonDays, Spell, spells
from monitor.plan.watch import Basis, Kind, Watch
from monitor.records import TermKind
from monitor.state.study import Bench, Running, Study, SubjectState, WatchedFirstEvents
from monitor.terms import ANY, fields_read

SCREENED = (TermKind.PREFERRED_TERM, TermKind.SYSTEM_ORGAN_CLASS)


def begin(study: Study) -> None:
    """Empty everything that is counted, and open the plan's watches on it."""
    plan = study.plan
    study.treatments = {name: number for number, name in enumerate(plan.treatments)}
    study.periods = {period.id: number for number, period in enumerate(plan.periods)}
    size = (len(plan.periods) + 1) * len(plan.treatments)
    study.tables = [{} for _ in range(size)]
    study.exposure = [PersonDays() for _ in range(size)]
    study.named_terms = plan.named_terms
    study.term_sets.clear()
    study.numbers.clear()
    study.grouped_by = attrgetter(*fields_read(plan.groups))
    study.collected = study.collections()
    study.context_groups = tuple(
        (study.vocabulary.number(group.term), group)
        for group in plan.groups
        if group.within_days_after_dose is not None or group.pair is not None
    )
    study.subjects.clear()
    study.follow_ups.clear()
    study.first_events.clear()
    study.exposed.clear()
    study.touched.clear()
    study.strong.clear()
    study.screened = 0
    study.benches = benches(study)
    for watch in plan.watches:
        open_watch(study, watch)
    for term in list(study.first_events):
        if study.vocabulary[term].kind in SCREENED:
            open_screening(study, term)
    study.spent |= plan.spends


def first_event_scopes(study: Study, term: int) -> list[WatchedFirstEvents]:
    """The scopes in which first events of *term* are kept, opened when it first appears."""
    scopes = study.first_events.get(term)
    if scopes is None:
        scopes = study.first_events[term] = []
        if study.vocabulary[term].kind in SCREENED:
            open_screening(study, term)
    return scopes


def open_screening(study: Study, term: int) -> None:
    """Open a tier 2 watch on *term* for every active treatment that tier 1 does not watch."""
    if not study.benches:
        return
    name = study.vocabulary[term]
    events = scope_of(study, term, study.periods[study.plan.screening.period], None)
    for bench in study.benches:
        if (name, bench.watch.treatment) not in study.named_terms:
            events.watches += (Running(bench, events),)


def benches(study: Study) -> list[Bench]:
    """What tier 2 compares: every active treatment with the control, unless the plan forgoes it."""
    plan = study.plan
    if not plan.screens:
        return []
    templates = (
        Watch(id="", term=ANY, treatment=name, tier=2, control=plan.control, basis=plan.screening)
        for name in plan.active
    )
    return [_bench(study, template) for template in templates]


def open_watch(study: Study, watch: Watch) -> None:
    """Open a watch that the plan names."""
    term = study.vocabulary.number(watch.term)
    if watch.kind is Kind.CONCURRENT:
        assert watch.basis is not None
        _run(study, watch, scope_of(study, term, study.periods[watch.basis.period], None))
        return
    period = None if watch.period is None else study.periods[watch.period]
    events = scope_of(study, term, period, study.treatments[watch.treatment])
    if events.at_risk is None:
        events.at_risk = PersonDays()
        study.exposed.append(events)
    _run(study, watch, events)


def scope_of(
    study: Study, term: int, period: int | None, treatment: int | None
) -> WatchedFirstEvents:
    """The first events of *term* within (period, treatment), shared by all watches on them."""
    scopes = study.first_events.setdefault(term, [])
    for scope in scopes:
        if (scope.period, scope.treatment) == (period, treatment):
            return scope
    scopes.append(WatchedFirstEvents(term, period, treatment, study.collected.get(term, 0)))
    return scopes[-1]


def _run(study: Study, watch: Watch, events: WatchedFirstEvents) -> None:
    events.watches += (Running(_bench(study, watch), events),)


def _bench(study: Study, watch: Watch) -> Bench:
    control = None if watch.control is None else study.treatments[watch.control]
    follow_up = None if watch.basis is None else follow_up_on(study, watch.basis)
    treatment = study.treatments[watch.treatment]
    return Bench(watch, treatment, control, follow_up, study.vocabulary)


def follow_up_on(study: Study, basis: Basis) -> FollowUp:
    """The follow-up table on *basis*, with everyone known so far in it."""
    table = study.follow_ups.get(basis)
    if table is None:
        period, arms = study.periods[basis.period], len(study.treatments)
        table = study.follow_ups[basis] = FollowUp(period, basis.analysis, basis.time, arms)
        for subject in study.subjects.values():
            table.place(subject.number, subject.spells, subject.starts, subject.allocated)
    return table


def settle(study: Study, subject: SubjectState) -> bool:
    """Bring a subject's days at risk up to its facts; whether its cases must be counted anew."""
    intervals = study.intervals_of(subject)
    first = {interval.period: interval.start for interval in reversed(intervals)}
    starts = tuple(sorted(first.items()))
    days = spells(intervals, study.leavings_of(subject), study.plan.window_days)
    allocated, doses = study.allocation_of(subject), study.doses_of(subject)
    dosed = doses != subject.doses and bool(study.context_groups)
    subject.doses, subject.site = doses, study.site_of(subject)
    if (subject.spells, subject.starts, subject.allocated) == (days, starts, allocated):
        return dosed
    if study.trace is not None:
        study.trace.subjects.add(subject.name)
    _move(study, subject, days)
    subject.spells, subject.starts, subject.allocated = days, starts, allocated
    for table in study.follow_ups.values():
        table.place(subject.number, days, starts, allocated)
    return True


def _move(study: Study, subject: SubjectState, days: tuple[Spell, ...]) -> None:
    """Count the subject's person-days in *days* instead of where they were."""
    for sign, held in ((-1, subject.spells), (1, days)):
        for spell in held:
            for number in study.table_numbers(spell.period, spell.treatment):
                study.exposure[number].add(spell.start, spell.end, sign)
        for events in study.exposed:
            events.expose(subject.number, held, sign)
