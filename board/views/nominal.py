"""Figures beside the evidence that no board may monitor by: posterior, nominal rate, fixed p."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scipy.special import gammainc

from board.views.estimates import ESTIMATES
from board.views.observed import Observed, exposure_on, finite, period_of
from board.views.table import Cell, Column, ColumnKind, Table
from monitor.evidence.evaluate import likelihood_of
from monitor.evidence.summary import summaries_of
from monitor.state.study import ActiveWatch, Study
from monitor.stats.garwood import DAYS_IN_100_YEARS, garwood
from monitor.stats.rate_ratio import rate_ratio_test
from monitor.stats.reference import EstimatedRate, KnownRate
from monitor.tables.exposure import ALL_PERIODS, exposure_row


@dataclass(frozen=True, slots=True, kw_only=True)
class Nominal:
    """Figures that hold at one look planned in advance, and not at many.

    The rate is of all events per 100 patient-years, with 95 % limits.  *fixed_p* is one-sided;
    *looks* is how often the evidence has changed, None where that is not recorded.
    """

    posterior_above_1: float
    posterior_above_2: float
    posterior_median: float
    rate: float | None
    rate_low: float
    rate_high: float | None
    patient_years: float
    fixed_p: float | None
    looks: int | None
    table: Table


def nominal_figures(
    study: Study, active_watch: ActiveWatch, observed: Observed, looks: int | None
) -> Nominal | None:
    """Return the nominal figures of *active_watch*; None where it is not evaluated."""
    summary = next(iter(summaries_of(study, [active_watch], ESTIMATES)), None)
    if summary is None:
        return None
    watch, posterior = active_watch.watch, summary.posterior
    exposure = exposure_on(study, watch, watch.treatments)
    rate = garwood(observed.events, exposure.person_days / DAYS_IN_100_YEARS)
    fixed_p = fixed_sample_p(study, active_watch)
    figures = {
        "P(ratio above 1), sceptical prior": posterior.above_1,
        "P(ratio above 2), sceptical prior": posterior.above_2,
        "median ratio, sceptical prior": posterior.median,
        "events per 100 patient-years": rate.value,
        "lower 95 % limit of the rate": rate.low,
        "upper 95 % limit of the rate": finite(rate.high),
        "fixed-sample p, one-sided": fixed_p,
        "looks": looks,
    }
    return Nominal(
        posterior_above_1=posterior.above_1,
        posterior_above_2=posterior.above_2,
        posterior_median=posterior.median,
        rate=rate.value,
        rate_low=rate.low,
        rate_high=finite(rate.high),
        patient_years=exposure.person_days / DAYS_IN_100_YEARS * 100,
        fixed_p=fixed_p,
        looks=looks,
        table=_table(figures),
    )


def fixed_sample_p(study: Study, active_watch: ActiveWatch) -> float | None:
    """Return the one-sided p as if this were the only look; None where there is no such test.

    Poisson against a known rate, binomial against a history; for two arms the exact conditional
    test of the rates of first events, by the treatment received.
    """
    likelihood, watch = likelihood_of(study, active_watch), active_watch.watch
    if isinstance(likelihood, KnownRate):
        events = likelihood.events
        return float(gammainc(events, likelihood.expected)) if events else 1.0
    if isinstance(likelihood, EstimatedRate):
        return rate_ratio_test(
            events=likelihood.events,
            person_time=likelihood.time_ratio,
            control_events=likelihood.historical_events,
            control_person_time=1.0,
        ).greater
    period, as_of = period_of(watch) or ALL_PERIODS, study.as_of or 0
    design, arms = active_watch.design, [0, 0]
    for _, onset, arm in active_watch.first_events:
        for side, numbers in enumerate((design.treated_arms, design.control_arms)):
            arms[side] += onset <= as_of and arm in numbers
    days = [
        sum(exposure_row(study, (period, name)).person_days for name in names)
        for names in (watch.treatments, watch.controls)
    ]
    if any(count and not time for count, time in zip(arms, days, strict=True)):
        return None
    return rate_ratio_test(
        events=arms[0], person_time=days[0], control_events=arms[1], control_person_time=days[1]
    ).greater


def _table(figures: dict[str, float | int | None]) -> Table:
    columns = (
        Column(key="figure", label="Figure"),
        Column(key="value", label="Value", kind=ColumnKind.NUMBER),
    )
    return Table(
        name="nominal",
        caption="Nominal figures, not for monitoring",
        columns=columns,
        rows=list(_rows(figures)),
    )


def _rows(figures: dict[str, float | int | None]) -> Iterator[dict[str, Cell]]:
    for figure, value in figures.items():
        yield {"figure": figure, "value": value}
