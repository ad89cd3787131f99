"""Comparisons of arms that safety tables show, not adjusted for repeated looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from monitor.plan.plan import Plan
from monitor.stats.estimate import Estimate
from monitor.stats.fisher import fisher
from monitor.stats.miettinen_nurminen import miettinen_nurminen
from monitor.stats.rate_ratio import OddsLimits, odds_limits, rate_ratio_of_odds
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


class CountEstimates(NamedTuple):
    """What a comparison shows that depends on the counts alone."""

    fisher_p: float
    risk_difference: Estimate
    odds: OddsLimits


def compare_arms(plan: Plan, rows: Iterable[RateRow]) -> Iterator[Comparison]:
    """Yield the comparisons of each active treatment with the control, for every term of *rows*.

    Only rows of randomised periods are compared.  Many terms have the same few events, so estimates
    from the same counts are computed once.
    """
    estimates: dict[Counts, CountEstimates] = {}
    randomised = {period.id for period in plan.periods if period.randomised}
    rows_by_key = {
        (row.period, row.treatment, row.term): row for row in rows if row.period in randomised
    }
    for (period, treatment, term), treatment_row in rows_by_key.items():
        control_row = rows_by_key.get((period, plan.control, term))
        if treatment != plan.control and control_row is not None:
            yield compare_rows(treatment_row, control_row, estimates)


def compare_rows(
    treatment_row: RateRow, control_row: RateRow, estimates: dict[Counts, CountEstimates]
) -> Comparison:
    """Return the estimates of one pair of rate rows; *estimates* holds those by their counts."""
    counts = subject_counts(treatment_row, control_row)
    if counts not in estimates:
        estimates[counts] = estimates_of_counts(counts)
    fisher_p, risk_difference, odds = estimates[counts]
    return Comparison(
        period=treatment_row.period,
        term=treatment_row.term,
        treatment=treatment_row.treatment,
        control=control_row.treatment,
        fisher_p=fisher_p,
        risk_difference=risk_difference,
        rate_ratio=first_event_rate_ratio(treatment_row, control_row, odds),
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


def estimates_of_counts(counts: Counts) -> CountEstimates:
    """Return the two-sided p of Fisher's test, the risk difference and the limits of the odds."""
    named_counts = counts._asdict()
    return CountEstimates(
        fisher(**named_counts).two_sided,
        miettinen_nurminen(**named_counts),
        odds_limits(counts.events, counts.control_events),
    )


def first_event_rate_ratio(
    treatment_row: RateRow, control_row: RateRow, odds: OddsLimits
) -> Estimate:
    """Return the rate ratio of first events, *odds* being the limits of their odds.

    The value is None where an arm has no person-days up to its first events.
    """
    return rate_ratio_of_odds(
        treatment_row.cell.subjects,
        treatment_row.person_days_to_first,
        control_row.cell.subjects,
        control_row.person_days_to_first,
        odds,
    )
