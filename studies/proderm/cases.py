"""Dates the adverse events of the solution; what is not published is drawn by seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from studies.proderm.published_cases import ALL_CASES, LAST, Case
from studies.proderm.timeline import Timeline, onset_days

CYCLE_WEIGHTS = (1.6, 1.3, 1.1, 1.0, 1.0, 1.0)
"""Relative frequency of events by cycle of a period: higher in the first cycles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedCase:
    """A case with *onset* in days of study (day 0 is entry) and duration *days* in days."""

    case: Case
    onset: int
    days: int


def dated_cases(
    subject: Timeline,
    case_groups: list[str],
    events: dict[str, list[tuple[str, str, int]]],
    rng: Random,
) -> list[DatedCase]:
    """Return all cases of one subject in order of onset.

    *case_groups* names the published and inferred cases of the subject; *events* gives by slot the
    further events as (term, kind, number), where a kind contains r if related, i if infusional.
    """
    dated = _dated_published(
        subject, [case for case in ALL_CASES if case.case_group in case_groups], rng
    )
    for slot, rows in events.items():
        for term, kind, number in rows:
            case = Case(term=term, slot=slot, infusional="i" in kind)
            dated += [_draw_case(subject, case, "r" in kind, rng) for _ in range(number)]
    return sorted(dated, key=lambda one: (one.onset, one.case.term))


def _dated_published(subject: Timeline, cases: list[Case], rng: Random) -> list[DatedCase]:
    """Date the published cases; cases of one group with one cycle and timing share an onset."""
    onsets: dict[tuple[str, int, bool], int] = {}
    dated: list[DatedCase] = []
    for case in cases:
        shared_onset = (case.slot, case.cycle, case.infusional)
        if shared_onset not in onsets:
            onsets[shared_onset] = _draw_onset(subject, case, rng)
        days = case.days or (rng.randint(6, 40) if case.criteria else rng.randint(1, 6))
        completed = replace(case, severity=case.severity or _draw_severity(rng))
        dated.append(DatedCase(case=completed, onset=onsets[shared_onset], days=days))
    return dated


def _draw_onset(subject: Timeline, case: Case, rng: Random) -> int:
    """Draw a day of the published cycle, or of a drawn one, within or after its 72 hours."""
    cycles = [cycle for cycle in subject.cycles if cycle.slot == case.slot]
    number = case.cycle
    if number == LAST:
        number = len(cycles)
    elif number == 0:
        number = rng.choices(range(1, len(cycles) + 1), CYCLE_WEIGHTS[: len(cycles)])[0]
    if case.days_after is not None:
        return cycles[number - 1].last + case.days_after
    days = onset_days(subject, case.slot, case.infusional, number)
    return rng.choice(days)


def _draw_case(subject: Timeline, case: Case, related: bool, rng: Random) -> DatedCase:
    """Complete an event of which only subject, term, period, relatedness and timing are given."""
    action = "dose_not_changed"
    if case.infusional and rng.random() < 0.1:
        action = "drug_interrupted"
    completed = replace(
        case,
        severity=_draw_severity(rng),
        related=rng.choice(("possible", "probable")) if related else "not_related",
        outcome=rng.choices(("recovered", "not_recovered"), (93, 7))[0],
        action=action,
    )
    days = 1 + min(round(rng.lognormvariate(0.7, 1.0)), 60)
    return DatedCase(case=completed, onset=_draw_onset(subject, case, rng), days=days)


def _draw_severity(rng: Random) -> str:
    """Draw a severity; "the majority mild" is all that is published."""
    return rng.choices(("mild", "moderate", "severe"), (70, 26, 4))[0]
