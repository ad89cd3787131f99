"""Arms side by side: the estimates that boards expect, not adjusted for repeated looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf

from monitor.plan import Plan
from monitor.stats.estimate import Estimate
from monitor.stats.fisher import fisher
from monitor.stats.miettinen_nurminen import miettinen_nurminen
from monitor.stats.rate_ratio import rate_ratio
from monitor.tabulate import Row
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
    counts = {
        "events": ours.cell.subjects,
        "patients": max(ours.subjects_exposed, ours.cell.subjects),
        "control_events": theirs.cell.subjects,
        "control_patients": max(theirs.subjects_exposed, theirs.cell.subjects),
    }
    return Comparison(
        period=ours.period,
        term=ours.term,
        treatment=ours.treatment,
        control=theirs.treatment,
        fisher_p=fisher(**counts).two_sided,
        risk_difference=miettinen_nurminen(**counts),
        rate_ratio=ratio_of_first_events(ours, theirs),
    )


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
