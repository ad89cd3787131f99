"""The tables of a study on a terminal: exposure, flow, events and rates, arms side by side."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from monitor.evidence.summary import Standing
from monitor.state.study import Study
from monitor.stats.estimate import Estimate
from monitor.tables.compare import Comparison, comparisons
from monitor.tables.flow import passages
from monitor.tables.tabulate import Row, exposure, slots
from monitor.terms import ANY, Term
from tocsin.display.grid import Column, Grid, Line
from tocsin.display.wording import interval, kind, p_value

DAYS_IN_YEAR = 365.25


def exposure_grid(study: Study) -> Grid:
    """Subjects, administrations and patient-years by period and treatment."""
    lines: list[Line] = []
    for _, slot in slots(study):
        found = exposure(study, slot)
        years = f"{found.person_days / DAYS_IN_YEAR:,.2f}"
        lines.append(Line(cells=(*slot, str(found.subjects), str(found.cycles), years)))
    names = (Column.words("period"), Column.words("treatment"))
    numbers = (Column(title=title) for title in ("subjects", "cycles", "patient-years"))
    return Grid("Exposure", (*names, *numbers), tuple(lines))


def flow_grid(study: Study) -> Grid:
    """The flow of subjects through the periods, by randomised arm."""
    lines: list[Line] = []
    for passage in passages(study):
        counts = (passage.entered, passage.completed, passage.left, passage.switched)
        names = (passage.period, passage.randomised_treatment)
        lines.append(Line(cells=(*names, *map(str, counts))))
    names = (Column.words("period"), Column.words("randomised to"))
    titles = ("entered", "completed", "not completed", "switched")  # Who is still in it, too.
    numbers = (Column(title=title) for title in titles)
    return Grid("Flow of subjects", (*names, *numbers), tuple(lines))


def event_grid(cells: list[Row], chosen: list[Term]) -> Grid:
    """Subjects, events and rates of the *chosen* terms, by period and treatment below each."""
    columns = (
        Column.words("term, period, treatment", least=23),
        Column(title="kind", right=False, drop=3),
        Column(title="subjects"),
        Column(title="at risk"),
        Column(title="events"),
        Column(title="serious", drop=1),
        Column(title="related", drop=1),
        Column(title="patient-years", drop=2),
        Column(title="per 100 patient-years"),
    )
    title = (
        "Adverse events by treatment received at onset; events per 100 patient-years (95% limits)"
    )
    return Grid(title, columns, tuple(_event_lines(cells, chosen)))


def _event_lines(cells: list[Row], chosen: list[Term]) -> Iterator[Line]:
    """A line for each term, and one below it for each (period, treatment).

    Serious and related count subjects.
    """
    order = {term: place for place, term in enumerate(chosen)}
    ordered = sorted((row for row in cells if row.term in order), key=lambda row: order[row.term])
    for term, rows in groupby(ordered, key=lambda row: row.term):
        yield Line(cells=(term.name, kind(term)), style="bold")
        for row in rows:
            cell = row.cell
            counts = (cell.subjects, row.subjects_exposed, cell.events)
            more = (cell.serious_subjects, cell.related_subjects)
            years = f"{row.person_days / DAYS_IN_YEAR:,.2f}"
            place = f"  {row.period}, {row.treatment}"
            numbers = (*map(str, (*counts, *more)), years, interval(row.rate, 1))
            yield Line(cells=(place, "", *numbers))


def comparison_grid(study: Study, cells: list[Row], chosen: list[Term]) -> Grid:
    """Arms side by side in the randomised periods."""
    order = {term: place for place, term in enumerate(chosen)}
    found = [each for each in comparisons(study.plan, cells) if each.term in order]
    found.sort(key=lambda each: order[each.term])
    columns = (
        Column.words("term", least=20),
        Column.words("period", drop=_drop({each.period for each in found})),
        Column.words("arms", drop=_drop({each.treatment for each in found})),
        Column(title="risk difference, %"),
        Column(title="rate ratio"),
        Column(title="Fisher p"),
    )
    arms = dict.fromkeys(f"{each.treatment} v {each.control}, {each.period}" for each in found)
    title = (
        f"Arms compared ({'; '.join(arms)}), 95% limits, nominal, not adjusted for repeated looks"
    )
    return Grid(title, columns, tuple(map(_comparison_line, found)))


def _comparison_line(each: Comparison) -> Line:
    value, low, high = each.risk_difference
    percent = Estimate(None if value is None else 100 * value, 100 * low, 100 * high)
    numbers = (interval(percent, 1), interval(each.rate_ratio, 2), p_value(each.fisher_p))
    arms = f"{each.treatment} v {each.control}"
    return Line(cells=(each.term.name, each.period, arms, *numbers))


def _drop(values: set[str]) -> int:
    """What is the same in every row is said in the title: its column is the first to go."""
    return 1 if len(values) < 2 else 0


def chosen_terms(study: Study, found: list[Standing], terms: int) -> list[Term]:
    """What the plan watches, its other groups, then terms by falling evidence: *terms* of them."""
    watched = [standing.watch.term for standing in found if standing.watch.tier != 2]
    groups = [group.term for group in study.plan.groups]
    others = [standing.watch.term for standing in found]
    return list(dict.fromkeys([ANY, *watched, *groups, *others]))[:terms]
