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
from monitor.tables.tabulate import Row
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


def comparisons(plan: Plan, rows: Iterable[Row]) -> Iterator[Comparison]:
    """Every term of *rows*, each active treatment against the control, in randomised periods."""
    randomised = {period.id for period in plan.periods if period.randomised}
    cells = {(row.period, row.treatment, row.term): row for row in rows if row.period in randomised}
    for (period, treatment, term), ours in cells.items():
        theirs = cells.get((period, plan.control, term))
        if treatment != plan.control and theirs is not None:
            yield comparison(ours, theirs)


def comparison(ours: Row, theirs: Row) -> Comparison:
    """The estimates for one pair of cells."""
    test, difference = tests_of_subjects(ours, theirs)
    return Comparison(
        period=ours.period,
        term=ours.term,
        treatment=ours.treatment,
        control=theirs.treatment,
        fisher_p=test,
        risk_difference=difference,
        rate_ratio=ratio_of_first_events(ours, theirs),
    )


def tests_of_subjects(ours: Row, theirs: Row) -> tuple[float, Estimate]:
    """Fisher's p and the risk difference.

    A subject whose only event lies ahead of the as-of date may have no day at risk yet: it is
    exposed all the same.
    """
    events, control_events = ours.cell.subjects, theirs.cell.subjects
    patients = max(ours.subjects_exposed, events)
    control_patients = max(theirs.subjects_exposed, control_events)
    test = fisher(
        events=events,
        patients=patients,
        control_events=control_events,
        control_patients=control_patients,
    )
    difference = miettinen_nurminen(
        events=events,
        patients=patients,
        control_events=control_events,
        control_patients=control_patients,
    )
    return test.two_sided, difference


def ratio_of_first_events(ours: Row, theirs: Row) -> Estimate:
    """The rate ratio of first events; no value where an event lies ahead of all time at risk."""
    if not (ours.person_days_to_first and theirs.person_days_to_first):
        return Estimate(None, 0.0, inf)
    return rate_ratio(
        events=ours.cell.subjects,
        person_time=ours.person_days_to_first,
        control_events=theirs.cell.subjects,
        control_person_time=theirs.person_days_to_first,
    )
