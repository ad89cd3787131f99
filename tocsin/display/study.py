"""Shows a replay on a terminal: alerts as they are raised, then the tables of each study."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from alerts.alert import Alert
from alerts.lifecycle import Move
from alerts.register.case_alerts import count_findings
from monitor.dates import iso
from monitor.evidence.summary import watch_summaries
from monitor.records import day_of
from monitor.state.digest import state_digest
from monitor.state.entities import RecordOutcome
from monitor.state.study import Study
from monitor.tables.flow import count_data_findings
from monitor.tables.tabulate import rate_rows
from streams.replay.replay import ExcludedLine, Replay
from streams.replay.result import count_outcomes
from tocsin.common.terminal import printable
from tocsin.display.tables import (
    comparison_grid,
    event_grid,
    exposure_grid,
    flow_grid,
    select_terms,
)
from tocsin.display.watches import screening_grid, watch_grid
from tocsin.display.wording import format_e_value, watch_text

LEVEL_LABELS = {
    "watch": ("WATCH ", "yellow"),
    "signal": ("SIGNAL", "bold red"),
    "note": ("NOTE  ", "dim"),
}
CONFLICT_MESSAGE = (
    "An earlier record has this id and version but other content; the earlier one is kept."
)
ASSUMPTIONS = (
    "Evidence is valid if reporting delay does not depend on the arm, if crossover in as-treated"
    " analyses does not depend on risk, and if a reference rate was fixed before unblinding. A"
    " signal against a reference rate holds for that rate only. Tocsin raises alerts; people"
    " decide."
)
HYPOTHETICAL_MESSAGE = "HYPOTHETICAL: the plan is not the one in the log."


def show_alert(
    console: Console, alert: Alert, *, hypothetical: bool, position_label: str = "line"
) -> None:
    """Print a revision: level or state, day, watch and e-value, then the record that made it.

    The record is on the same line where the terminal is wide enough.  *position_label* says what
    the record's position is: a `line` of a file, or an `offset`.
    """
    mark = ("HYPOTHETICAL ", "bold magenta") if hypothetical else ""
    is_raised = alert.move in (Move.RAISE, Move.RISE)
    day = iso(alert.as_of if is_raised else day_of(alert.known_at))
    heading = Text.assemble(
        mark, alert_label(alert), f" {day}  ", (watch_text(alert), "bold"), alert_detail(alert)
    )
    origin = Text(
        f"{position_label} {alert.line}, {alert.thing} version {alert.version},"
        f" alert {alert.id} rev {alert.revision}",
        style="dim",
    )
    separator = "  " if heading.cell_len + 2 + origin.cell_len <= console.width else "\n      "
    console.print(Text.assemble(heading, separator, origin), soft_wrap=True)


def alert_label(alert: Alert) -> tuple[str, str]:
    """Label and style: the level of an alert that data raised, the state after any other move."""
    if alert.move in (Move.RAISE, Move.RISE):
        return LEVEL_LABELS[alert.level]
    return printable(alert.state).replace(
        "_", " "
    ).upper(), "bold yellow" if alert.pages else "cyan"


def alert_detail(alert: Alert) -> str:
    """The term with the e-value; the term of a case or finding; or the member who made a move."""
    if alert.member is not None:
        return f"  by {printable(alert.member)}"
    if alert.e_value is None:
        return f"  {printable(alert.term)}"
    # The id of a screening watch contains its term.
    term = "" if alert.term in watch_text(alert) else f"  {printable(alert.term)}"
    return f"{term}  E = {format_e_value(alert.e_value)}"


def show_excluded(
    console: Console, excluded: ExcludedLine, hint: str, *, position_label: str = "line"
) -> None:
    """Print why a record is not included, followed by *hint*."""
    refusal = excluded.refusal
    reason = excluded.outcome.value if refusal is None else refusal.reason.value
    message = CONFLICT_MESSAGE if refusal is None else refusal.message
    text = f"{position_label} {excluded.line}: {reason}: {printable(message)}{hint}"
    console.print(Text(text), soft_wrap=True)


def show_study(console: Console, replay: Replay, study: Study, *, terms_max: int) -> None:
    """Print the result of a replay for one study: all tables, outcome counts and digests."""
    day = iso(study.as_of) if study.as_of else "(no record yet)"
    console.print(Text(f"{printable(study.plan.title)}, as of {day}", style="bold reverse"))
    if replay.what_if.is_hypothetical:
        console.print(HYPOTHETICAL_MESSAGE, style="bold magenta")
    rates, summaries = list(rate_rows(study)), watch_summaries(study)
    shown_terms = select_terms(study, summaries, terms_max)
    grids = (
        watch_grid(study, [summary for summary in summaries if summary.watch.tier != 2]),
        screening_grid(study, [s for s in summaries if s.watch.tier == 2][:terms_max]),
        exposure_grid(study),
        flow_grid(study),
        event_grid(rates, shown_terms),
        comparison_grid(study, rates, shown_terms),
    )
    for grid in grids:
        if grid.rows:
            console.print()
            console.print(grid, crop=False)
    console.print()
    console.print(ASSUMPTIONS, style="dim")
    console.print()
    show_outcome_counts(console, replay, study)
    widest = max(grid.width for grid in grids)
    if widest > console.width:
        message = f"A terminal of {widest} columns shows all columns and full names."
        console.print(message, style="dim")


def show_outcome_counts(console: Console, replay: Replay, study: Study) -> None:
    """Print the outcome counts of all lines, the findings, and the digests of plan and state."""
    counts = count_outcomes(replay, study)
    parts = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    record_count = sum(counts.values())
    lines = [("Records ", f"{record_count} line{'s' * (record_count != 1)}: {parts}")]
    for name, count in (count_data_findings(study) | count_findings(study)).items():
        lines.append(("Finding ", f"{count} x {name.replace('_', ' ')}"))
    excluded = counts[RecordOutcome.REFUSED.value] + counts[RecordOutcome.CONFLICT.value]
    if excluded:
        lines.append(("Missing ", excluded_text(excluded)))
    hypothetical = " (hypothetical)" if replay.what_if.is_hypothetical else ""
    lines.append(("Plan    ", f"sha256 {study.plan.sha256}{hypothetical}"))
    lines.append(("State   ", f"digest {state_digest(study)}{hypothetical}"))
    for title, text in lines:
        console.print(Text.assemble((title, "bold"), text), soft_wrap=True)


def excluded_text(count: int) -> str:
    """Text: how many records are not included."""
    return f"{count} record{'s' * (count != 1)} not included"
