"""What a replay looks like on a terminal: alerts as they ring, then everything about a study."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from alerts.alert import Alert
from alerts.lifecycle import Move
from alerts.register.case_alerts import noted
from monitor.dates import iso
from monitor.evidence.summary import standings
from monitor.records import day_of
from monitor.state.digest import digest
from monitor.state.entities import Outcome
from monitor.state.study import Study
from monitor.tables.flow import findings
from monitor.tables.tabulate import rows
from streams.replay.replay import NotIncluded, Replay
from streams.replay.result import account
from tocsin.common.terminal import plain
from tocsin.display.tables import (
    chosen_terms,
    comparison_grid,
    event_grid,
    exposure_grid,
    flow_grid,
)
from tocsin.display.watches import screening_grid, watch_grid
from tocsin.display.wording import e_value

BELLS = {"watch": ("WATCH ", "yellow"), "signal": ("SIGNAL", "bold red"), "note": ("NOTE  ", "dim")}
CONFLICT = "Another record of this thing and version says something else; the first is kept."
ASSUMED = (
    "Evidence is valid if reporting delay does not depend on the arm, if crossover read as treated"
    " does not depend on risk, and if a reference rate was fixed before unblinding: a signal"
    " against a rate is against that rate. The machine raises; people decide."
)
HYPOTHETICAL = "HYPOTHETICAL: not the plan that this study had."


def show_alert(console: Console, alert: Alert, *, hypothetical: bool, place: str = "line") -> None:
    """When it rang, which watch, how strong; and what rang it, below where the line is short.

    Its place in the log is a line of a file, or an offset.
    """
    mark = ("HYPOTHETICAL ", "bold magenta") if hypothetical else ""
    rings = alert.move in (Move.RAISE, Move.RISE)
    when = iso(alert.as_of if rings else day_of(alert.known_at))
    rang = Text.assemble(mark, bell(alert), f" {when}  ", (alert.watch, "bold"), why(alert))
    what = Text(
        f"{place} {alert.line}, {alert.thing} version {alert.version},"
        f" alert {alert.id} rev {alert.revision}",
        style="dim",
    )
    apart = "  " if rang.cell_len + 2 + what.cell_len <= console.width else "\n      "
    console.print(Text.assemble(rang, apart, what), soft_wrap=True)


def bell(alert: Alert) -> tuple[str, str]:
    """How loud it is, or where a move has put it."""
    if alert.move in (Move.RAISE, Move.RISE):
        return BELLS[alert.level]
    return plain(alert.state).replace("_", " ").upper(), "bold yellow" if alert.pages else "cyan"


def why(alert: Alert) -> str:
    """Of which term the evidence is, what one case or a finding is about, or who moved it."""
    if alert.member is not None:
        return f"  by {plain(alert.member)}"
    if alert.e_value is None:
        return f"  {plain(alert.term)}"
    # A watch of the screening bears its term in its name.
    what = "" if alert.term in alert.watch else f"  {plain(alert.term)}"
    return f"{what}  E = {e_value(alert.e_value)}"


def show_not_included(
    console: Console, missed: NotIncluded, hint: str, *, place: str = "line"
) -> None:
    """One line for a record that is not in the tables; *hint* is what else is known of it."""
    refusal = missed.refusal
    reason = missed.outcome.value if refusal is None else refusal.reason.value
    says = CONFLICT if refusal is None else refusal.message
    told = f"{place} {missed.line}: {reason}: {plain(says)}{hint}"
    console.print(Text(told), soft_wrap=True)


def show_study(console: Console, replay: Replay, study: Study, *, terms: int) -> None:
    """Everything that a replay ends with, for one study."""
    day = iso(study.as_of) if study.as_of else "(no record yet)"
    console.print(Text(f"{plain(study.plan.title)}, as of {day}", style="bold reverse"))
    if replay.what_if.hypothetical:
        console.print(HYPOTHETICAL, style="bold magenta")
    table, found = list(rows(study)), standings(study)
    chosen = chosen_terms(study, found, terms)
    grids = (
        watch_grid(study, [standing for standing in found if standing.watch.tier != 2]),
        screening_grid(study, [s for s in found if s.watch.tier == 2][:terms]),
        exposure_grid(study),
        flow_grid(study),
        event_grid(table, chosen),
        comparison_grid(study, table, chosen),
    )
    for grid in grids:
        if grid.lines:
            console.print()
            console.print(grid, crop=False)
    console.print()
    console.print(ASSUMED, style="dim")
    console.print()
    show_account(console, replay, study)
    wide = max(grid.width for grid in grids)
    if wide > console.width:
        says = f"A terminal {wide} columns wide shows all columns and names in full."
        console.print(says, style="dim")


def show_account(console: Console, replay: Replay, study: Study) -> None:
    """What became of every line, what to look at, and the digest of the state."""
    counts = account(replay, study)
    parts = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    read = sum(counts.values())
    lines = [("Records ", f"{read} line{'s' * (read != 1)}: {parts}")]
    for name, count in (findings(study) | noted(study)).items():
        lines.append(("Finding ", f"{count} x {name.replace('_', ' ')}"))
    missed = counts[Outcome.REFUSED.value] + counts[Outcome.CONFLICT.value]
    if missed:
        lines.append(("Missing ", not_included(missed)))
    hypothetical = " (hypothetical)" if replay.what_if.hypothetical else ""
    lines.append(("Plan    ", f"sha256 {study.plan.sha256}{hypothetical}"))
    lines.append(("State   ", f"digest {digest(study)}{hypothetical}"))
    for title, says in lines:
        console.print(Text.assemble((title, "bold"), says), soft_wrap=True)


def not_included(count: int) -> str:
    """How many records are not in the tables."""
    return f"{count} record{'s' * (count != 1)} not included"
