"""The watches that a study evaluates: those of its plan, and one for every other reported term."""

from __future__ import annotations

from operator import attrgetter

from monitor.exposure.follow_up import FollowUp
from monitor.exposure.person_time import PersonDays, Spell, build_spells, spells_without
from monitor.plan.watch import ControlKind, RiskSetBasis, Watch
from monitor.records import Collection, TermKind
from monitor.state.study import ActiveWatch, Study, SubjectState, WatchDesign, WatchedFirstEvents
from monitor.terms import ANY, CODED_KINDS, Term, grouping_fields

SCREENED_TERM_KINDS = CODED_KINDS
"""Kinds of terms that tier 2 watches; groups and "any" are watched by the plan alone."""


def reset_study(study: Study) -> None:
    """Clear everything that is counted from records, and open the watches of the current plan.

    Entities, episodes and shares of alpha already spent are kept; shares of the plan are added.
    """
    plan = study.plan
    study.treatment_numbers = {name: number for number, name in enumerate(plan.treatments)}
    study.period_numbers = {period.id: number for number, period in enumerate(plan.periods)}
    table_count = (len(plan.periods) + 1) * len(plan.treatments)
    study.tables = [{} for _ in range(table_count)]
    study.person_days = [PersonDays() for _ in range(table_count)]
    study.tier_1_terms = plan.tier_1_terms
    study.terms_by_key.clear()
    study.groups_by_label.clear()
    study.table_number_cache.clear()
    study.grouping_key = attrgetter(*grouping_fields(plan.groups))
    study.collected_from = collection_starts(study)
    study.context_groups = tuple(
        (study.vocabulary.number_of(group.term), group)
        for group in plan.groups
        if group.within_days_after_dose is not None or group.term_pair is not None
    )
    study.subjects.clear()
    study.follow_ups.clear()
    study.first_events.clear()
    study.reference_first_events.clear()
    study.changed_first_events.clear()
    study.e_bh_candidates.clear()
    study.hypotheses = 0
    study.screening_designs = build_screening_designs(study)
    for watch in plan.watches:
        open_planned_watch(study, watch)
    for term in list(study.first_events):
        if study.vocabulary[term].kind in SCREENED_TERM_KINDS:
            open_screening_watches(study, term)
    study.spent_shares |= plan.spent_shares


def collection_starts(study: Study) -> dict[int, int]:
    """Return the first ordinal day of collection by term number; of several, the latest."""
    starts: dict[int, int] = {}
    for entity_id, entity in study.entities.by_id.items():
        if isinstance(body := entity.body, Collection) and study.entities.is_active(entity_id):
            number = study.vocabulary.number_of(Term(TermKind(body.kind), body.term))
            starts[number] = max(starts.get(number, 0), body.start)
    return starts


def first_event_scopes(study: Study, term: int) -> list[WatchedFirstEvents]:
    """Return the scopes in which first events of *term* are kept.

    Where there are none yet, creates them and opens the tier 2 watches of the term.
    """
    scopes = study.first_events.get(term)
    if scopes is None:
        scopes = study.first_events[term] = []
        if study.vocabulary[term].kind in SCREENED_TERM_KINDS:
            open_screening_watches(study, term)
    return scopes


def open_screening_watches(study: Study, term: int) -> None:
    """Open a tier 2 watch on *term* for each active treatment for which tier 1 has none.

    Only concurrent tier 1 watches of the same term count.
    """
    if not study.screening_designs:
        return
    named_term = study.vocabulary[term]
    first_events = first_events_in_scope(
        study, term, study.period_numbers[study.plan.screening_basis.period], None
    )
    for design in study.screening_designs:
        if (named_term, design.watch.treatment) not in study.tier_1_terms:
            first_events.watches += (ActiveWatch(design, first_events),)


def build_screening_designs(study: Study) -> list[WatchDesign]:
    """Return one tier 2 design for each active treatment, compared with the control.

    Empty where the plan disables screening.
    """
    plan = study.plan
    if not plan.screening_enabled:
        return []
    templates = (
        Watch(
            id="",
            term=ANY,
            treatment=name,
            tier=2,
            control=plan.control,
            risk_set_basis=plan.screening_basis,
        )
        for name in plan.active_treatments
    )
    return [_watch_design(study, template) for template in templates]


def open_planned_watch(study: Study, watch: Watch) -> None:
    """Open a watch of the plan on the first events of its scope.

    The scope of a concurrent watch is its period on all arms, so that an event on any arm ends
    risk.  The scope of a reference watch is its treatment, in its period or in all of them.
    """
    term = study.vocabulary.number_of(watch.term)
    if watch.control_kind is ControlKind.CONCURRENT:
        assert watch.risk_set_basis is not None
        _activate_watch(
            study,
            watch,
            first_events_in_scope(
                study, term, study.period_numbers[watch.risk_set_basis.period], None
            ),
        )
        return
    period = None if watch.period is None else study.period_numbers[watch.period]
    first_events = first_events_in_scope(
        study, term, period, study.treatment_numbers[watch.treatment]
    )
    if first_events.person_days is None:
        first_events.person_days = PersonDays()
        study.reference_first_events.append(first_events)
    _activate_watch(study, watch, first_events)


def first_events_in_scope(
    study: Study, term: int, period: int | None, treatment: int | None
) -> WatchedFirstEvents:
    """Return the first events of *term* in (*period*, *treatment*), where None means all.

    Created at first use, and shared by all watches of the same scope.
    """
    scopes = study.first_events.setdefault(term, [])
    for scope in scopes:
        if (scope.period, scope.treatment) == (period, treatment):
            return scope
    scopes.append(WatchedFirstEvents(term, period, treatment, study.collected_from.get(term, 0)))
    return scopes[-1]


def _activate_watch(study: Study, watch: Watch, first_events: WatchedFirstEvents) -> None:
    first_events.watches += (ActiveWatch(_watch_design(study, watch), first_events),)


def _watch_design(study: Study, watch: Watch) -> WatchDesign:
    control = None if watch.control is None else study.treatment_numbers[watch.control]
    follow_up = None if watch.risk_set_basis is None else follow_up_for(study, watch.risk_set_basis)
    treatment = study.treatment_numbers[watch.treatment]
    return WatchDesign(watch, treatment, control, follow_up, study.vocabulary)


def follow_up_for(study: Study, risk_set_basis: RiskSetBasis) -> FollowUp:
    """Return the follow-up table on *risk_set_basis*, shared by all watches on it.

    Created at first use, with all subjects known so far.
    """
    follow_up = study.follow_ups.get(risk_set_basis)
    if follow_up is None:
        period, arm_count = (
            study.period_numbers[risk_set_basis.period],
            len(study.treatment_numbers),
        )
        follow_up = study.follow_ups[risk_set_basis] = FollowUp(
            period, risk_set_basis.analysis, risk_set_basis.time_scale, arm_count
        )
        for subject in study.subjects.values():
            follow_up.update_subject(
                subject.number, subject.spells, subject.period_starts, subject.allocated_arm
            )
    return follow_up


def update_exposure(study: Study, subject: SubjectState) -> bool:
    """Recompute a subject's spells, arm and site, and update the days at risk.

    Returns whether spells, first days of treatment or arm have changed.
    """
    intervals = study.treatment_intervals_of(subject)
    first_days = {interval.period: interval.start for interval in reversed(intervals)}
    period_starts = tuple(sorted(first_days.items()))
    spells = build_spells(intervals, study.follow_up_ends_of(subject), study.plan.window_days)
    allocated_arm, subject.site = study.allocation_of(subject)
    if (subject.spells, subject.period_starts, subject.allocated_arm) == (
        spells,
        period_starts,
        allocated_arm,
    ):
        return False
    if study.dirty is not None:
        study.dirty.subjects.add(subject.name)
    _replace_person_days(study, subject, spells)
    subject.spells, subject.period_starts, subject.allocated_arm = (
        spells,
        period_starts,
        allocated_arm,
    )
    for follow_up in study.follow_ups.values():
        follow_up.update_subject(subject.number, spells, period_starts, allocated_arm)
    return True


def _replace_person_days(
    study: Study, subject: SubjectState, new_spells: tuple[Spell, ...]
) -> None:
    """Subtract the person-days of the subject's old spells and add those of *new_spells*.

    Spells that stay need neither.
    """
    old_spells = subject.spells
    ended, begun = spells_without(old_spells, new_spells), spells_without(new_spells, old_spells)
    for sign, spells in ((-1, ended), (1, begun)):
        for spell in spells:
            for table_number in study.table_numbers(spell.period, spell.treatment):
                study.person_days[table_number].add(spell.start, spell.end, sign)
        for first_events in study.reference_first_events:
            first_events.add_person_days(subject.number, spells, sign)
