"""Terminal tables of a study: exposure, subject flow, events and rates, comparison of arms."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from monitor.evidence.summary import WatchSummary
from monitor.state.study import Study
from monitor.stats.estimate import Estimate
from monitor.tables.compare import Comparison, compare_arms
from monitor.tables.exposure import exposure_rows
from monitor.tables.flow import period_flows
from monitor.tables.tabulate import RateRow
from monitor.terms import ANY, Term
from tocsin.display.grid import Column, Grid, GridRow
from tocsin.display.wording import format_estimate, format_p_value, term_kind_label

DAYS_IN_YEAR = 365.25


def exposure_grid(study: Study) -> Grid:
    """Table of subjects, administrations and patient-years by period and treatment."""
    grid_rows: list[GridRow] = []
    for row in exposure_rows(study):
        years = f"{row.person_days / DAYS_IN_YEAR:,.2f}"
        counts = (str(row.subjects), str(row.cycles))
        grid_rows.append(GridRow(cells=(row.period, row.treatment, *counts, years)))
    names = (Column.text("period"), Column.text("treatment"))
    numbers = (Column(title=title) for title in ("subjects", "cycles", "patient-years"))
    return Grid("Exposure", (*names, *numbers), tuple(grid_rows))


def flow_grid(study: Study) -> Grid:
    """Table of the flow of subjects through the periods, by randomised arm."""
    grid_rows: list[GridRow] = []
    for period_flow in period_flows(study):
        counts = (
            period_flow.entered,
            period_flow.completed,
            period_flow.ongoing,
            period_flow.left,
            period_flow.switched,
        )
        names = (period_flow.period, period_flow.randomised_treatment)
        grid_rows.append(GridRow(cells=(*names, *map(str, counts))))
    names = (Column.text("period"), Column.text("randomised to"))
    titles = ("entered", "completed", "ongoing", "left", "switched")
    numbers = (Column(title=title) for title in titles)
    return Grid("Flow of subjects", (*names, *numbers), tuple(grid_rows))


def event_grid(rate_rows: list[RateRow], terms: list[Term]) -> Grid:
    """Table of subjects, events and rates of *terms*, by period and treatment below each term."""
    columns = (
        Column.text("term, period, treatment", width_min=23),
        Column(title="kind", align_right=False, drop_order=3),
        Column(title="subjects"),
        Column(title="at risk"),
        Column(title="events"),
        Column(title="serious", drop_order=1),
        Column(title="related", drop_order=1),
        Column(title="patient-years", drop_order=2),
        Column(title="per 100 patient-years"),
    )
    title = (
        "Adverse events by treatment received at onset; events per 100 patient-years (95% limits)"
    )
    return Grid(title, columns, tuple(_event_rows(rate_rows, terms)))


def _event_rows(rate_rows: list[RateRow], terms: list[Term]) -> Iterator[GridRow]:
    """One row for each term, and one below it for each period and treatment.

    The columns serious and related count subjects.
    """
    rank_of = {term: label for label, term in enumerate(terms)}
    sorted_rows = sorted(
        (row for row in rate_rows if row.term in rank_of), key=lambda row: rank_of[row.term]
    )
    for term, term_rows in groupby(sorted_rows, key=lambda row: row.term):
        yield GridRow(cells=(term.name, term_kind_label(term)), style="bold")
        for row in term_rows:
            cell = row.cell
            counts = (cell.subjects, row.subjects_exposed, cell.events)
            serious_and_related = (cell.serious_subjects, cell.related_subjects)
            years = f"{row.person_days / DAYS_IN_YEAR:,.2f}"
            label = f"  {row.period}, {row.treatment}"
            numbers = (
                *map(str, (*counts, *serious_and_related)),
                years,
                format_estimate(row.rate, 1),
            )
            yield GridRow(cells=(label, "", *numbers))


def comparison_grid(study: Study, rate_rows: list[RateRow], terms: list[Term]) -> Grid:
    """Table of the comparisons of arms in the randomised periods, for *terms* in their order."""
    rank_of = {term: place for place, term in enumerate(terms)}
    selected = [each for each in compare_arms(study.plan, rate_rows) if each.term in rank_of]
    selected.sort(key=lambda each: rank_of[each.term])
    columns = (
        Column.text("term", width_min=20),
        Column.text("period", drop_order=_drop_order({each.period for each in selected})),
        Column.text("arms", drop_order=_drop_order({each.treatment for each in selected})),
        Column(title="risk difference, %"),
        Column(title="rate ratio"),
        Column(title="Fisher p"),
    )
    arms = dict.fromkeys(f"{each.treatment} v {each.control}, {each.period}" for each in selected)
    title = (
        f"Arms compared ({'; '.join(arms)}), 95% limits, nominal, not adjusted for repeated looks"
    )
    return Grid(title, columns, tuple(map(_comparison_row, selected)))


def _comparison_row(comparison: Comparison) -> GridRow:
    value, low, high = comparison.risk_difference
    percent = Estimate(None if value is None else 100 * value, 100 * low, 100 * high)
    numbers = (
        format_estimate(percent, 1),
        format_estimate(comparison.rate_ratio, 2),
        format_p_value(comparison.fisher_p),
    )
    arms = f"{comparison.treatment} v {comparison.control}"
    return GridRow(cells=(comparison.term.name, comparison.period, arms, *numbers))


def _drop_order(values: set[str]) -> int:
    """Let a column with one value in all rows be dropped first; the title contains the value."""
    return 1 if len(values) < 2 else 0


def select_terms(study: Study, summaries: list[WatchSummary], terms_max: int) -> list[Term]:
    """The first *terms_max* terms: any event, watched terms, groups, then by falling evidence."""
    watched = [summary.watch.term for summary in summaries if summary.watch.tier != 2]
    groups = [group.term for group in study.plan.groups]
    others = [summary.watch.term for summary in summaries]
    return list(dict.fromkeys([ANY, *watched, *groups, *others]))[:terms_max]
