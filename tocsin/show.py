"""What a replay looks like on a terminal: tables that a statistician reads left to right."""

from __future__ import annotations

from math import exp, inf, isnan

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from alerts.alert import Alert
from monitor.compare import comparisons
from monitor.dates import iso
from monitor.digest import digest
from monitor.events import TermKind
from monitor.flow import findings, passages
from monitor.judging import LOG_MAX
from monitor.ledger import Outcome
from monitor.standing import Standing, boundary, standings
from monitor.stats.estimate import Estimate
from monitor.study import Study
from monitor.tabulate import Row, exposure, rows, slots
from monitor.terms import Term
from monitor.verdict import Level
from streams.replay import NotIncluded, Replay
from streams.result import account

STYLES = {Level.QUIET: "", Level.WATCH: "yellow", Level.SIGNAL: "bold red"}
BELLS = {"watch": "[yellow]WATCH [/]", "signal": "[bold red]SIGNAL[/]"}


def show_alert(console: Console, alert: Alert) -> None:
    """One line as the bell rings: when, which watch, how strong, and what rang it."""
    console.print(
        f"{BELLS[alert.level]} {iso(alert.as_of)}  [bold]{escape(alert.watch)}[/]  "
        f"E = {alert.e_value:,.4g}  [dim]line {alert.line}, {escape(alert.thing)} "
        f"version {alert.version}, alert {alert.id} rev {alert.revision}[/]",
        highlight=False,
        soft_wrap=True,
    )


def show_not_included(console: Console, missed: NotIncluded) -> None:
    """One line for a record that is not in the tables."""
    refusal = missed.refusal
    reason = missed.outcome.value if refusal is None else refusal.reason.value
    says = CONFLICT if refusal is None else refusal.message
    console.print(f"line {missed.line}: {reason}: {escape(says)}", soft_wrap=True)


CONFLICT = "Another record of this thing and version says something else; the first is kept."


def show_study(console: Console, replay: Replay, study: Study, *, terms: int) -> None:
    """Everything that a replay ends with, for one study."""
    title = f"{study.plan.title}  as of {iso(study.as_of) if study.as_of else '(no record yet)'}"
    console.rule(f"[bold]{escape(title)}[/]")
    if replay.what_if.hypothetical:
        console.print("[bold magenta]HYPOTHETICAL: not the plan that this study had.[/]")
    table = list(rows(study))
    found = standings(study)
    for part in (
        exposure_table(study),
        flow_table(study),
        event_table(study, table, found, terms),
        comparison_table(study, table, found, terms),
        watch_table(study, [standing for standing in found if standing.watch.tier != 2]),
        screening_table(study, [s for s in found if s.watch.tier == 2][:terms]),
    ):
        console.print(part)
    show_account(console, replay, study)


def exposure_table(study: Study) -> Table:
    """Subjects, administrations and patient-years by period and treatment."""
    table = _table("Exposure", "period", "treatment", "#subjects", "#cycles", "#patient-years")
    for _, slot in slots(study):
        found = exposure(study, slot)
        years = f"{found.person_days / 365.25:.2f}"
        table.add_row(*slot, str(found.subjects), str(found.cycles), years)
    return table


def flow_table(study: Study) -> Table:
    """The flow of subjects through the periods, by randomised arm."""
    titles = ("period", "randomised to", "#entered", "#completed", "#left", "#switched")
    table = _table("Flow of subjects", *titles)
    for passage in passages(study):
        counts = (passage.entered, passage.completed, passage.left, passage.switched)
        table.add_row(passage.period, passage.randomised_treatment, *map(str, counts))
    return table


def event_table(study: Study, cells: list[Row], found: list[Standing], terms: int) -> Table:
    """Subjects, events and rates of the terms that matter most."""
    table = _table(
        "Adverse events by treatment received at onset",
        *("kind", "term", "period", "treatment", "#subjects", "#at risk", "#events", "#serious"),
        *("#related", "#events per 100 patient-years (95 %)"),
    )
    chosen = _chosen(study, found, terms)
    order = {term: place for place, term in enumerate(chosen)}
    for row in sorted((r for r in cells if r.term in order), key=lambda row: order[row.term]):
        cell = row.cell
        counts = (cell.subjects, row.subjects_exposed, cell.events)
        more = (cell.serious_subjects, cell.related_subjects)
        names = (_kind(row.term), escape(row.term.name), row.period, row.treatment)
        table.add_row(*names, *map(str, (*counts, *more)), _interval(row.rate, 1))
    return table


def comparison_table(study: Study, cells: list[Row], found: list[Standing], terms: int) -> Table:
    """Arms side by side in the randomised periods."""
    table = _table(
        "Arms compared, nominal, not adjusted for repeated looks",
        *("term", "period", "arms", "#risk difference % (MN 95 %)", "#rate ratio (exact 95 %)"),
        "#Fisher p",
    )
    order = {term: place for place, term in enumerate(_chosen(study, found, terms))}
    shown = (each for each in comparisons(study.plan, cells) if each.term in order)
    for each in sorted(shown, key=lambda each: order[each.term]):
        percent = Estimate(*(None if v is None else 100 * v for v in each.risk_difference))
        arms = f"{each.treatment} v {each.control}"
        numbers = (_interval(percent, 1), _interval(each.rate_ratio, 2), f"{each.fisher_p:.3f}")
        table.add_row(escape(each.term.name), each.period, arms, *numbers)
    return table


def watch_table(study: Study, found: list[Standing]) -> Table:
    """The watches that the plan names."""
    table = _table(
        "Watches of the plan (valid however often anyone looks)",
        *("watch", "kind", "term", "#events", "#rate ratio (confidence sequence)"),
        *("#E", "#signals at", "verdict, and why"),
    )
    for standing in found:
        watch, basis = standing.watch, standing.watch.basis
        against = f"{basis.analysis}, {basis.period}" if basis else f"v {_rate(standing)}"
        events = f"{standing.events} v {standing.control_events}" if basis else str(standing.events)
        at = boundary(study, watch)
        table.add_row(
            escape(watch.id),
            f"{watch.kind}: {against}",
            escape(watch.term.name),
            events,
            _effect(standing),
            f"{exp(min(standing.log_e, LOG_MAX)):,.4g}",
            "-" if at is None else f"{at:,.0f}",
            Text(f"{standing.verdict.level.word}: {standing.verdict.ground}", _style(standing)),
        )
    return table


def screening_table(study: Study, found: list[Standing]) -> Table:
    """Tier 2: every other term, by falling evidence."""
    table = _table(
        f"Screening of all other terms, e-BH at q = {study.plan.q:g} over {study.screened} watches",
        *("term", "arms", "#events", "#rate ratio (confidence sequence)", "#E", "verdict"),
    )
    for standing in found:
        watch = standing.watch
        table.add_row(
            escape(f"{watch.term.name} ({_kind(watch.term)})"),
            f"{watch.treatment} v {watch.control}",
            f"{standing.events} v {standing.control_events}",
            _effect(standing),
            f"{exp(min(standing.log_e, LOG_MAX)):,.4g}",
            Text(standing.verdict.ground.value, _style(standing)),
        )
    return table


def show_account(console: Console, replay: Replay, study: Study) -> None:
    """What became of every line, what to look at, and the digest of the state."""
    counts = account(replay, study)
    parts = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    console.print(f"[bold]Records[/] {sum(counts.values())} lines: {parts}", highlight=False)
    for name, count in findings(study).items():
        console.print(f"[bold]Finding[/] {count} x {name.replace('_', ' ')}", highlight=False)
    missed = counts[Outcome.REFUSED.value] + counts[Outcome.CONFLICT.value]
    if missed:
        console.print(f"[bold]{missed} record{'s' * (missed != 1)} not included[/]")
    console.print(f"[bold]Plan[/]    sha256 {study.plan.sha256}", highlight=False)
    console.print(f"[bold]State[/]   digest {digest(study)}", highlight=False)


def _table(title: str, *columns: str) -> Table:
    """A plain table; a column named with # is right-aligned."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        justify = "right" if column.startswith("#") else "left"
        table.add_column(column.removeprefix("#"), justify=justify, header_style="dim")
    return table


def _chosen(study: Study, found: list[Standing], terms: int) -> list[Term]:
    """The plan's terms, then the others by falling evidence, as many as are asked for."""
    named = [Term(TermKind.ANY, "any"), *(group.term for group in study.plan.groups)]
    others = [standing.watch.term for standing in found]
    return list(dict.fromkeys(named + others))[: max(terms, len(named))]


def _kind(term: Term) -> str:
    short = {TermKind.PREFERRED_TERM: "PT", TermKind.SYSTEM_ORGAN_CLASS: "SOC"}
    return short.get(term.kind, term.kind.value)


def _style(standing: Standing) -> str:
    return STYLES[standing.verdict.level]


def _rate(standing: Standing) -> str:
    rate = standing.watch.rate
    assert rate is not None
    if rate.per_100_patient_years is not None:
        return f"{rate.per_100_patient_years:g} per 100 patient-years"
    return f"{rate.historical_events} in {rate.historical_patient_years:g} patient-years"


def _effect(standing: Standing) -> str:
    if isnan(standing.rate_ratio):
        return "-"
    return _interval(Estimate(standing.rate_ratio, *standing.interval), 2)


def _interval(estimate: Estimate, digits: int) -> str:
    value, low, high = (_number(number, digits) for number in estimate)
    return f"{value} ({low} to {high})"


def _number(value: float | None, digits: int) -> str:
    if value is None:
        return "-"
    return "inf" if value == inf else f"{value:,.{digits}f}"
