"""The watches that a study evaluates: those of its plan, and one for every other reported term."""

from __future__ import annotations

from operator import attrgetter

from monitor.evidence.scopes import (
    find_exempt_days,
    is_narrow,
    open_narrow_scope,
    read_term_records,
    update_scope,
)
from monitor.exposure.follow_up import FollowUp
from monitor.exposure.person_time import (
    PersonDays,
    Spell,
    build_spells,
    spells_outside,
    spells_without,
)
from monitor.plan.watch import ControlKind, Watch
from monitor.state.study import (
    ActiveWatch,
    FollowUpKey,
    Study,
    SubjectState,
    WatchDesign,
    WatchedFirstEvents,
)
from monitor.terms import ANY, CODED_KINDS, grouping_fields

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
    read_term_records(study)
    study.context_groups = tuple(
        (study.vocabulary.number_of(group.term), group)
        for group in plan.groups
        if group.within_days_after_dose is not None or group.term_pair is not None
    )
    study.subjects.clear()
    study.follow_ups.clear()
    study.first_events.clear()
    study.reference_first_events.clear()
    study.narrow_scopes.clear()
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
        study, term, study.period_numbers[study.plan.screening_basis.period]
    )
    for design in study.screening_designs:
        if (named_term, design.watch.treatment) not in study.tier_1_terms:
            if first_events.own_spells is not None:
                design = _watch_design(study, design.watch, first_events)
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
    return [_watch_design(study, template, None) for template in templates]


def open_planned_watch(study: Study, watch: Watch) -> None:
    """Open a watch of the plan on the first events of its scope.

    The scope of a concurrent watch is its period on all arms, so that an event on any arm ends
    risk.  The scope of a reference watch is its treatments, in its period or in all of them.
    """
    term, within_days = study.vocabulary.number_of(watch.term), watch.within_study_days
    if watch.control_kind is ControlKind.CONCURRENT:
        assert watch.risk_set_basis is not None
        period_number = study.period_numbers[watch.risk_set_basis.period]
        first_events = first_events_in_scope(study, term, period_number, within_days=within_days)
    else:
        first_events = first_events_in_scope(
            study,
            term,
            None if watch.period is None else study.period_numbers[watch.period],
            tuple([study.treatment_numbers[name] for name in watch.treatments]),
            within_days,
        )
    first_events.watches += (ActiveWatch(_watch_design(study, watch, first_events), first_events),)


def first_events_in_scope(
    study: Study,
    term: int,
    period: int | None,
    treatments: tuple[int, ...] = (),
    within_days: int | None = None,
) -> WatchedFirstEvents:
    """Return the first events of *term* in a *period*, where None means all, on *treatments*.

    Without *treatments* those on any.  Only a scope of some treatments, which is of a reference
    watch, sums person-days.  Created at first use, and shared by all watches of the same scope.
    """
    treatment = treatments[0] if treatments else None
    pool = frozenset(treatments) if len(treatments) > 1 else None
    wanted = (period, treatment, pool, within_days)
    scopes = study.first_events.setdefault(term, [])
    for scope in scopes:
        if (scope.period, scope.treatment, scope.pool, scope.within_days) == wanted:
            return scope
    scope = WatchedFirstEvents(term, period, treatment, study.collected_from.get(term, 0))
    scopes.append(scope)
    scope.pool, scope.within_days = pool, within_days
    scope.person_days = PersonDays() if treatments else None
    if is_narrow(study, term, within_days):
        open_narrow_scope(study, scope)
    elif treatments:
        study.reference_first_events.append(scope)
    return scope


def _watch_design(
    study: Study, watch: Watch, first_events: WatchedFirstEvents | None
) -> WatchDesign:
    """Return the design of *watch* on *first_events*: None for all scopes that count all days."""
    numbers = study.treatment_numbers
    treated_arms = tuple([numbers[name] for name in watch.treatments])
    control_arms = tuple([numbers[name] for name in watch.controls])
    follow_up = None
    if watch.risk_set_basis is not None:
        pooled_arms = _pooled_arms(len(numbers), treated_arms, control_arms)
        scope = None if first_events is None or first_events.own_spells is None else first_events
        key = FollowUpKey(watch.risk_set_basis, pooled_arms)
        if scope is not None:
            key = key._replace(term=scope.term, within_days=scope.within_days)
        follow_up = follow_up_for(study, key, scope)
    control = control_arms[0] if control_arms else None
    return WatchDesign(
        watch, treated_arms[0], control, follow_up, study.vocabulary, treated_arms, control_arms
    )


def _pooled_arms(arm_count: int, *pools: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return the arm that each treatment counts for; None where no pool has several."""
    if all(len(pool) < 2 for pool in pools):
        return None
    first_arms = {arm: pool[0] for pool in pools for arm in pool}
    return tuple([first_arms.get(arm, arm) for arm in range(arm_count)])


def follow_up_for(study: Study, key: FollowUpKey, scope: WatchedFirstEvents | None) -> FollowUp:
    """Return the follow-up table of *key*, shared by all watches on it.

    Created at first use, with all subjects known so far; *scope* has their days where it counts
    fewer than they are at risk.
    """
    follow_up = study.follow_ups.get(key)
    if follow_up is None:
        basis = key.basis
        follow_up = study.follow_ups[key] = FollowUp(
            study.period_numbers[basis.period],
            basis.analysis,
            basis.time_scale,
            len(study.treatment_numbers),
        )
        follow_up.pooled_arms, follow_up.scope = key.pooled_arms, scope
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
    has_other_days = bool(study.narrow_scopes)
    if study.exempt_terms:
        exempt_days = find_exempt_days(study, subject) or None
        has_other_days = has_other_days or exempt_days != subject.exempt_days
        subject.exempt_days = exempt_days
        if exempt_days is not None:
            spells = spells_outside(spells, exempt_days.get(study.vocabulary.number_of(ANY), ()))
    if not has_other_days and (
        subject.spells,
        subject.period_starts,
        subject.allocated_arm,
    ) == (spells, period_starts, allocated_arm):
        return False
    if study.dirty is not None:
        study.dirty.subjects.add(subject.name)
    _replace_person_days(study, subject, spells)
    subject.spells, subject.period_starts, subject.allocated_arm = (
        spells,
        period_starts,
        allocated_arm,
    )
    for scope in study.narrow_scopes:
        update_scope(study, subject, scope)
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
