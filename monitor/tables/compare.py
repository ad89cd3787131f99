"""Comparisons of arms that safety tables show, not adjusted for repeated looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from monitor.plan.plan import Plan
from monitor.stats.estimate import Estimate
from monitor.stats.fisher import fisher
from monitor.stats.miettinen_nurminen import miettinen_nurminen
from monitor.stats.rate_ratio import rate_ratio
from monitor.tables.tabulate import RateRow
from monitor.terms import Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One term on *treatment* and on *control* in a randomised period.

    *fisher_p* (two-sided) and *risk_difference* (Miettinen & Nurminen) compare proportions of
    subjects.  *rate_ratio* compares first events per person-day, with exact conditional limits.
    """

    period: str
    term: Term
    treatment: str
    control: str
    fisher_p: float
    risk_difference: Estimate
    rate_ratio: Estimate


class Counts(NamedTuple):
    """The subjects of two arms, with those that have an event."""

    events: int
    patients: int
    control_events: int
    control_patients: int


def compare_arms(plan: Plan, rows: Iterable[RateRow]) -> Iterator[Comparison]:
    """Yield the comparisons of each active treatment with the control, for every term of *rows*.

    Only rows of randomised periods are compared.  Many terms have the same few events, so estimates
    from the same counts are computed once.
    """
    estimates: dict[Counts, tuple[float, Estimate]] = {}
    randomised = {period.id for period in plan.periods if period.randomised}
    rows_by_key = {
        (row.period, row.treatment, row.term): row for row in rows if row.period in randomised
    }
    for (period, treatment, term), treatment_row in rows_by_key.items():
        control_row = rows_by_key.get((period, plan.control, term))
        if treatment != plan.control and control_row is not None:
            yield compare_rows(treatment_row, control_row, estimates)


def compare_rows(
    treatment_row: RateRow, control_row: RateRow, estimates: dict[Counts, tuple[float, Estimate]]
) -> Comparison:
    """Return the estimates of one pair of rate rows; *estimates* holds those by their counts."""
    counts = subject_counts(treatment_row, control_row)
    if counts not in estimates:
        estimates[counts] = fisher_p_and_risk_difference(counts)
    fisher_p, risk_difference = estimates[counts]
    return Comparison(
        period=treatment_row.period,
        term=treatment_row.term,
        treatment=treatment_row.treatment,
        control=control_row.treatment,
        fisher_p=fisher_p,
        risk_difference=risk_difference,
        rate_ratio=first_event_rate_ratio(treatment_row, control_row),
    )


def subject_counts(treatment_row: RateRow, control_row: RateRow) -> Counts:
    """Return the subjects with an event and all subjects, on treatment and on control.

    Subjects with an event count as exposed: an onset after the as-of date may come before the
    subject has any day at risk.
    """
    events, control_events = treatment_row.cell.subjects, control_row.cell.subjects
    return Counts(
        events,
        max(treatment_row.subjects_exposed, events),
        control_events,
        max(control_row.subjects_exposed, control_events),
    )


def fisher_p_and_risk_difference(counts: Counts) -> tuple[float, Estimate]:
    """Return the two-sided p of Fisher's test and the risk difference, treatment minus control."""
    named_counts = counts._asdict()
    return fisher(**named_counts).two_sided, miettinen_nurminen(**named_counts)


def first_event_rate_ratio(treatment_row: RateRow, control_row: RateRow) -> Estimate:
    """Return the rate ratio of first events.

    The value is None where an arm has no person-days up to its first events.
    """
    if not (treatment_row.person_days_to_first and control_row.person_days_to_first):
        return Estimate(None, 0.0, inf)
    return rate_ratio(
        events=treatment_row.cell.subjects,
        person_time=treatment_row.person_days_to_first,
        control_events=control_row.cell.subjects,
        control_person_time=control_row.person_days_to_first,
    )
