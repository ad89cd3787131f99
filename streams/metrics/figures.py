"""Computes the exported figures of one study: pooled, by treatment, and by watch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import exp

from alerts.lifecycle import State
from alerts.register.register import AlertRegister
from monitor.evidence.evaluate import LOG_E_MAX, likelihood_and_log_e
from monitor.evidence.summary import signal_boundary
from monitor.records import TermKind
from monitor.state.shown import shown_term
from monitor.state.study import ActiveWatch, Study
from monitor.state.verdict import Level
from monitor.tables.exposure import ALL_PERIODS, table_exposures, table_keys
from monitor.tables.tabulate import exempt_days_by_term
from monitor.terms import ANY, Term

SOC_MAX = 27
"""Number of system organ classes in MedDRA.  Records may name more; the rest is `other`."""

OTHER = "other"

SECONDS_A_DAY = 86_400

GroupKey = tuple[str, str, str]
"""Treatment, kind of term, and the name of the group or system organ class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The exported numbers of a study as of the record at offset *pos*.

    *as_of* is the as-of date as an ordinal day, *days_ahead* the number of days on record after it.
    *cases* and *person_days* are pooled over treatments.  *events* and *person_days_at_risk* are
    by treatment and group, *e_values* and *boundaries* by watch id.
    """

    pos: int
    as_of: int | None
    days_ahead: int
    cases: int
    person_days: int
    events: dict[GroupKey, int]
    person_days_at_risk: dict[GroupKey, int]
    e_values: dict[str, float]
    boundaries: dict[str, float]
    active_by_level: Counter[str]
    raised_count: int
    moves_by_result: Counter[str]


def compute_figures(study: Study, pos: int) -> Figures:
    """Compute the figures of *study*, whose last folded record is at offset *pos*."""
    named_classes, other_classes = split_organ_classes(study)
    events: dict[GroupKey, int] = {}
    person_days_at_risk: dict[GroupKey, int] = {}
    person_days = cases = 0
    groups = [ANY, *(group.term for group in study.plan.groups), *named_classes]
    for number, key in table_keys(study):
        if key[0] != ALL_PERIODS:
            continue
        treatment = key[1]
        arm_person_days = study.person_days[number].total_until(study.as_of or 0)
        person_days += arm_person_days
        for term in groups:
            group = treatment, term.kind.value, term.name
            events[group] = _count_events(study, number, (term,))
            days = _person_days_at_risk(study, number, term, arm_person_days)
            person_days_at_risk[group] = days
        cases += events[treatment, ANY.kind.value, ANY.name]
        if other_classes:
            group = treatment, TermKind.SYSTEM_ORGAN_CLASS.value, OTHER
            events[group] = _count_events(study, number, other_classes)
            person_days_at_risk[group] = arm_person_days
    watches = list(_exported_watches(study, named_classes))
    register = _register_of(study)
    tracked = [entry.alert for entry in register.entries.values() if entry.alert.tracked]
    return Figures(
        pos=pos,
        as_of=study.as_of,
        days_ahead=study.days_on_record.ahead_count,
        cases=cases,
        person_days=person_days,
        events=events,
        person_days_at_risk=person_days_at_risk,
        e_values={each.id: _e_value(study, each) for each in watches},
        boundaries=dict(_boundaries(study, watches)),
        active_by_level=Counter(each.level for each in tracked if each.state is not State.CLOSED),
        raised_count=len(tracked),
        moves_by_result=_count_moves(register),
    )


def _register_of(study: Study) -> AlertRegister:
    return study.extension if isinstance(study.extension, AlertRegister) else AlertRegister()


def _count_moves(register: AlertRegister) -> Counter[str]:
    return Counter(
        ("refused", "accepted")[each.accepted] for each in register.review_results.values()
    )


def split_organ_classes(study: Study) -> tuple[list[Term], list[Term]]:
    """Return the system organ classes to name, by falling events, and those to pool as `other`.

    At most ``SOC_MAX`` are named.  A class that records call `other` sorts last.
    """
    events_by_class: Counter[Term] = Counter()
    for number, key in table_keys(study):
        if key[0] == ALL_PERIODS:
            for each, cell in study.tables[number].items():
                if study.vocabulary[each].kind is TermKind.SYSTEM_ORGAN_CLASS:
                    events_by_class[shown_term(study, each)] += cell.events
    ordered = sorted(
        events_by_class, key=lambda term: (term.name == OTHER, -events_by_class[term], term.name)
    )
    named_max = SOC_MAX - any(term.name == OTHER for term in ordered[:SOC_MAX])
    return ordered[:named_max], ordered[named_max:]


def _count_events(study: Study, table: int, terms: Iterable[Term]) -> int:
    cells = (study.tables[table].get(study.vocabulary.number_of(term)) for term in terms)
    return sum(cell.events for cell in cells if cell is not None)


def _person_days_at_risk(study: Study, table: int, term: Term, person_days: int) -> int:
    """Return the part of *person_days* in *table* collected and at risk of *term*."""
    number = study.vocabulary.number_of(term)
    since, exempt_days = study.collected_from.get(number, 0), exempt_days_by_term(study)
    if not since and number not in exempt_days:
        return person_days
    exposure = table_exposures(study)[table].outside(exempt_days.get(number, {}))
    return exposure.since(since)[1]


def _exported_watches(study: Study, classes: Iterable[Term]) -> Iterator[ActiveWatch]:
    """Yield the watches that the plan names, and tier 2 watches on the *classes*."""
    class_numbers = {study.vocabulary.number_of(term) for term in classes}
    plan_numbers = {study.vocabulary.number_of(watch.term) for watch in study.plan.watches}
    for term in sorted(class_numbers | plan_numbers, key=study.vocabulary.__getitem__):
        for events in study.first_events.get(term, ()):
            for active_watch in events.watches:
                if active_watch.design.watch.tier != 2 or term in class_numbers:
                    yield active_watch


def _e_value(study: Study, active_watch: ActiveWatch) -> float:
    if study.as_of is None:
        return 1.0
    current = likelihood_and_log_e(study, active_watch, None)
    assert current is not None
    return exp(min(current[1], LOG_E_MAX))


def _boundaries(study: Study, watches: Iterable[ActiveWatch]) -> Iterator[tuple[str, float]]:
    """Yield the id of each watch that has a boundary, and the e-value at which it signals.

    If e-BH rejects k of K hypotheses, the boundary of a tier 2 watch is ``K / (q k)``; if it
    rejects none, ``K / q`` (Wang & Ramdas 2022).
    """
    rejected = sum(
        active_watch.verdict is not None and active_watch.verdict.level is Level.SIGNAL
        for active_watch in study.e_bh_candidates
    )
    screening_boundary = max(1, study.hypotheses) / (study.plan.q * max(1, rejected))
    for active_watch in watches:
        if active_watch.design.watch.tier == 2:
            yield active_watch.id, screening_boundary
        elif (fixed_boundary := signal_boundary(study, active_watch.design.watch)) is not None:
            yield active_watch.id, fixed_boundary
