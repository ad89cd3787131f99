"""The figures of one study as they are exported: pooled ones, and those by treatment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import exp

from alerts.lifecycle import State
from alerts.register.register import Docket
from monitor.evidence.evaluate import LOG_MAX, evidence
from monitor.evidence.summary import boundary
from monitor.records import TermKind
from monitor.state.study import Running, Study
from monitor.state.verdict import Level
from monitor.tables.tabulate import ALL, collected_exposure, slots
from monitor.terms import ANY, Term

SOC_MAX = 27
"""MedDRA has so many system organ classes.  Records may say anything: the rest is `other`."""

OTHER = "other"

SECONDS_A_DAY = 86_400

Group = tuple[str, str, str]
"""Treatment, kind of term, and the name of the group or system organ class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A study as of the record at offset *pos*; days are person-days.

    *cases* and *days* are of all treatments together, the others by treatment or by watch.
    """

    pos: int
    cases: int
    days: int
    events: dict[Group, int]
    days_at_risk: dict[Group, int]
    e_values: dict[str, float]
    boundaries: dict[str, float]
    active: Counter[str]
    raised: int
    moves: Counter[str]


def figures(study: Study, pos: int) -> Figures:
    """The figures of *study*, whose last folded record is at offset *pos*."""
    chosen, others = organ_classes(study)
    events: dict[Group, int] = {}
    days_at_risk: dict[Group, int] = {}
    days = cases = 0
    groups = [ANY, *(group.term for group in study.plan.groups), *chosen]
    for number, slot in slots(study):
        if slot[0] != ALL:
            continue
        treatment = slot[1]
        at_risk = study.exposure[number].until(study.as_of or 0)
        days += at_risk
        for term in groups:
            group = treatment, term.kind.value, term.name
            events[group] = _events(study, number, (term,))
            days_at_risk[group] = _at_risk(study, (ALL, treatment), term, at_risk)
        cases += events[treatment, ANY.kind.value, ANY.name]
        if others:
            group = treatment, TermKind.SYSTEM_ORGAN_CLASS.value, OTHER
            events[group], days_at_risk[group] = _events(study, number, others), at_risk
    watches = list(_shown(study, chosen))
    docket = study.beside if isinstance(study.beside, Docket) else Docket()
    tracked = [entry.alert for entry in docket.entries.values() if entry.alert.tracked]
    return Figures(
        pos=pos,
        cases=cases,
        days=days,
        events=events,
        days_at_risk=days_at_risk,
        e_values={each.id: _e_value(study, each) for each in watches},
        boundaries=dict(_boundaries(study, watches)),
        active=Counter(each.level for each in tracked if each.state is not State.CLOSED),
        raised=len(tracked),
        moves=Counter(("refused", "accepted")[each.accepted] for each in docket.answers.values()),
    )


def organ_classes(study: Study) -> tuple[list[Term], list[Term]]:
    """The system organ classes to name, those with most events, and those to take together."""
    seen: Counter[Term] = Counter()
    for number, slot in slots(study):
        if slot[0] == ALL:
            for each, cell in study.tables[number].items():
                term = study.vocabulary[each]
                if term.kind is TermKind.SYSTEM_ORGAN_CLASS:
                    seen[term] += cell.events
    ordered = sorted(seen, key=lambda term: (term.name == OTHER, -seen[term], term.name))
    most = SOC_MAX - any(term.name == OTHER for term in ordered[:SOC_MAX])
    return ordered[:most], ordered[most:]


def _events(study: Study, table: int, terms: Iterable[Term]) -> int:
    cells = (study.tables[table].get(study.vocabulary.number(term)) for term in terms)
    return sum(cell.events for cell in cells if cell is not None)


def _at_risk(study: Study, slot: tuple[str, str], term: Term, days: int) -> int:
    """Person-days in which *term* was collected, of the *days* in *slot*."""
    since = study.collected.get(study.vocabulary.number(term), 0)
    return collected_exposure(study, slot, since)[1] if since else days


def _shown(study: Study, classes: Iterable[Term]) -> Iterator[Running]:
    """The watches that the plan names, and those of tier 2 on the system organ *classes*."""
    chosen = {study.vocabulary.number(term) for term in classes}
    named = {study.vocabulary.number(watch.term) for watch in study.plan.watches}
    for term in sorted(chosen | named, key=study.vocabulary.__getitem__):
        for events in study.first_events.get(term, ()):
            for running in events.watches:
                if running.bench.watch.tier != 2 or term in chosen:
                    yield running


def _e_value(study: Study, running: Running) -> float:
    if study.as_of is None:
        return 1.0
    found = evidence(study, running, None)
    assert found is not None
    return exp(min(found[1], LOG_MAX))


def _boundaries(study: Study, watches: Iterable[Running]) -> Iterator[tuple[str, float]]:
    """The e-value at which each watch signals.

    Of K screened terms of which e-BH rejects k, it rejects what reaches ``K / (q k)``, and where
    it rejects none, what reaches ``K / q`` (Wang & Ramdas 2022).
    """
    rejected = sum(
        running.verdict is not None and running.verdict.level is Level.SIGNAL
        for running in study.strong
    )
    screening = max(1, study.screened) / (study.plan.q * max(1, rejected))
    for running in watches:
        if running.bench.watch.tier == 2:
            yield running.id, screening
        elif (fixed := boundary(study, running.bench.watch)) is not None:
            yield running.id, fixed
