"""Arms side by side: the estimates that boards expect, not adjusted for repeated looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf

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

    Fisher's test and the risk difference (Miettinen & Nurminen) count subjects; the rate ratio
    is of first events per person-time, with exact conditional limits.
    """

    period: str
    term: Term
    treatment: str
    control: str
    fisher_p: float
    risk_difference: Estimate
    rate_ratio: Estimate


def compare_arms(plan: Plan, rows: Iterable[RateRow]) -> Iterator[Comparison]:
    """Every term of *rows*, each active treatment against the control, in randomised periods."""
    randomised = {period.id for period in plan.periods if period.randomised}
    rows_by_key = {
        (row.period, row.treatment, row.term): row for row in rows if row.period in randomised
    }
    for (period, treatment, term), treatment_row in rows_by_key.items():
        control_row = rows_by_key.get((period, plan.control, term))
        if treatment != plan.control and control_row is not None:
            yield compare_rows(treatment_row, control_row)


def compare_rows(treatment_row: RateRow, control_row: RateRow) -> Comparison:
    """The estimates for one pair of cells."""
    fisher_p, risk_difference = fisher_p_and_risk_difference(treatment_row, control_row)
    return Comparison(
        period=treatment_row.period,
        term=treatment_row.term,
        treatment=treatment_row.treatment,
        control=control_row.treatment,
        fisher_p=fisher_p,
        risk_difference=risk_difference,
        rate_ratio=first_event_rate_ratio(treatment_row, control_row),
    )


def fisher_p_and_risk_difference(
    treatment_row: RateRow, control_row: RateRow
) -> tuple[float, Estimate]:
    """Fisher's p and the risk difference.

    A subject whose only event lies ahead of the as-of date may have no day at risk yet: it is
    exposed all the same.
    """
    events, control_events = treatment_row.cell.subjects, control_row.cell.subjects
    patients = max(treatment_row.subjects_exposed, events)
    control_patients = max(control_row.subjects_exposed, control_events)
    fisher_test = fisher(
        events=events,
        patients=patients,
        control_events=control_events,
        control_patients=control_patients,
    )
    risk_difference = miettinen_nurminen(
        events=events,
        patients=patients,
        control_events=control_events,
        control_patients=control_patients,
    )
    return fisher_test.two_sided, risk_difference


def first_event_rate_ratio(treatment_row: RateRow, control_row: RateRow) -> Estimate:
    """The rate ratio of first events; no value where an event lies ahead of all time at risk."""
    if not (treatment_row.person_days_to_first and control_row.person_days_to_first):
        return Estimate(None, 0.0, inf)
    return rate_ratio(
        events=treatment_row.cell.subjects,
        person_time=treatment_row.person_days_to_first,
        control_events=control_row.cell.subjects,
        control_person_time=control_row.person_days_to_first,
    )
