"""``tocsin check``: validates a plan, and shows boundaries and alpha spending."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.text import Text

from alerts.clocks import LONG_CLOCK_DAYS, SHORT_CLOCK_DAYS
from monitor.plan.case_rules import RuleTrigger
from monitor.plan.plan import Plan
from monitor.plan.watch import Analysis, ControlKind, ReferenceRate, Watch
from monitor.stats.concurrent import PartialLikelihood
from monitor.stats.e_value import log_e, log_e_bound_of_treated
from tocsin.common.plan_file import read_plan_file
from tocsin.common.terminal import cli_console, printable
from tocsin.display.grid import Column, Grid, GridRow
from tocsin.display.wording import describe_comparison, format_e_value

EVENTS_SCANNED_MAX = 1000
"""End of the scan for the smallest count; every boundary that a plan may set is reached before."""

TRIGGER_TEXTS = {
    RuleTrigger.FATAL: "any death",
    RuleTrigger.LIFE_THREATENING_AND_RELATED: "any life-threatening case that may be related",
}


def check(plan: Path, /) -> None:
    """Validate PLAN, and print its watches, their boundaries, and the alpha spent and left.

    Exit codes: 0 the plan is valid, 2 it is not (stderr has the line and the remedy).

    Parameters
    ----------
    plan
        A monitoring plan in TOML.
    """
    monitoring_plan = read_plan_file(plan)
    console = cli_console()
    console.print(
        Text(f"{printable(monitoring_plan.title)} ({monitoring_plan.study})", style="bold reverse")
    )
    console.print(f"sha256 {monitoring_plan.sha256}", soft_wrap=True)
    console.print()
    console.print(watch_grid(monitoring_plan), crop=False)
    console.print()
    for line in (*describe_alpha_spending(monitoring_plan), *describe_case_rules(monitoring_plan)):
        console.print(Text(printable(line)))
    error_console = cli_console(stderr=True)
    for warning in plan_warnings(monitoring_plan):
        error_console.print(Text(f"warning: {printable(warning)}", style="yellow"))


def watch_grid(plan: Plan) -> Grid:
    """Table of the plan's watches with their boundaries and the fewest events that signal."""
    columns = (
        Column.text("watch", width_min=16),
        Column(title="tier"),
        Column(title="share"),
        Column(title="boundary E"),
        Column(title="fewest events"),
    )
    grid_rows = tuple(_watch_row(plan, watch) for watch in plan.watches)
    return Grid(
        "Watches, and the fewest first events (all on treatment) that signal", columns, grid_rows
    )


def _watch_row(plan: Plan, watch: Watch) -> GridRow:
    if watch.tier != 1:
        return GridRow(cells=(watch.id, str(watch.tier), "-", "-", "-"), note=_watch_note(watch))
    boundary = watch.signal_level(plan.alpha)
    numbers = (f"{watch.share:g}", format_e_value(boundary), fewest_events_text(watch, boundary))
    return GridRow(cells=(watch.id, "1", *numbers), note=_watch_note(watch))


def _watch_note(watch: Watch) -> str:
    return f"{describe_comparison(watch)}{'' if watch.tier == 1 else ': shown, not judged'}"


def fewest_events_text(watch: Watch, boundary: float) -> str:
    """Text of the smallest count that can signal, such as `6 of 6` for a concurrent watch."""
    count = fewest_events(watch, boundary)
    return f"{count} of {count}" if watch.control_kind is ControlKind.CONCURRENT else f"{count}"


def fewest_events(watch: Watch, boundary: float) -> int:
    """The smallest number of first events, all on treatment, whose e-value reaches *boundary*.

    Concurrent watch: with equal numbers at risk on both arms.  Reference watch: at zero
    person-time, a lower limit, since more events are needed as person-time accrues.

    >>> from monitor.terms import ANY
    >>> from monitor.plan.watch import RiskSetBasis, TimeScale
    >>> arms = RiskSetBasis(period="p", analysis=Analysis.AS_RANDOMISED, time_scale=TimeScale.STUDY)
    >>> watch = Watch(id="w", term=ANY, treatment="t", tier=1, control="c", risk_set_basis=arms)
    >>> fewest_events(watch, 20)
    6
    """
    for count in range(watch.minimum_events, EVENTS_SCANNED_MAX):
        log_e_value = (
            log_e(PartialLikelihood(count, count, np.full(count, 0.5)).log_likelihood)
            if watch.control_kind is ControlKind.CONCURRENT
            else log_e_bound_of_treated(count)
        )
        if log_e_value >= np.log(boundary):
            return count
    return max(watch.minimum_events, EVENTS_SCANNED_MAX)


def describe_alpha_spending(plan: Plan) -> Iterator[str]:
    """Lines on the alpha spent and left, and on the screening of all other terms."""
    spent_share = sum(watch.share for watch in plan.watches)
    yield (
        f"Alpha {plan.alpha:g}: shares of {spent_share:g} are spent, "
        f"{max(0.0, 1 - spent_share):g} is left for"
        " amendments. A spent share cannot be recovered."
    )
    screening = plan.screening_basis
    comparison = f"{' or '.join(plan.active_treatments)} v {plan.control}"
    analysis = f"{screening.period}, {screening.analysis}, {screening.time_scale} time".replace(
        "_", " "
    )
    if plan.screening_enabled:
        yield f"Every other term is screened: {comparison}, {analysis}, e-BH at q = {plan.q:g}."
    else:
        yield "No other term is tested: the plan turns the screening off."
    yield (
        "Fewest events: for a concurrent watch, with equal numbers at risk on both arms; for a"
        " reference watch, at zero person-time (more person-time requires more events)."
    )


def describe_case_rules(plan: Plan) -> Iterator[str]:
    """Lines on the single-case rules: which cases raise an alert, and when the report is due."""
    for rule in plan.case_rules:
        trigger = (
            TRIGGER_TEXTS[rule.trigger] if rule.group is None else f"any case of {rule.group.name}"
        )
        deadline = (
            f"{LONG_CLOCK_DAYS} days from receipt (expected)"
            if rule.expected
            else f"{SHORT_CLOCK_DAYS} days from receipt if fatal or life-threatening and suspected,"
            f" otherwise {LONG_CLOCK_DAYS} days"
        )
        yield f"Rule {rule.name} raises an alert for {trigger}: due {deadline}."
    names = ", ".join(rule.name for rule in plan.case_rules if rule.trigger is RuleTrigger.FATAL)
    death_result = (
        f"raises {names}" if names else "is the finding death_without_case, which pages nobody"
    )
    yield f"A death that only a `disposition` tells of {death_result}."


def plan_warnings(plan: Plan) -> Iterator[str]:
    """Warnings about settings of a valid plan that may mislead."""
    for watch in plan.watches:
        if (
            watch.tier == 1
            and watch.risk_set_basis
            and watch.risk_set_basis.analysis is Analysis.AS_TREATED
        ):
            yield (
                f"watch {watch.id} spends alpha on an as-treated analysis. Where subjects change"
                " treatment because of their risk (escape on deterioration), the false alarm rate"
                ' exceeds alpha: use analysis = "as_randomised", and add the as-treated watch at'
                " tier 3."
            )
        if watch.tier == 1 and watch.reference_rate is not None:
            yield f"watch {watch.id} {reference_claim(watch.reference_rate)}"
        if watch.tier == 1 and watch.watch_level >= watch.signal_level(plan.alpha):
            yield (
                f"watch {watch.id} reaches level `watch` only at an e-value at which it already"
                " signals: lower its watch_level."
            )
    if not any(watch.tier == 1 for watch in plan.watches):
        tested = "only the screening" if plan.screening_enabled else "nothing"
        yield f"no watch has tier 1: {tested} can signal."
    triggers = {rule.trigger for rule in plan.case_rules}
    if triggers and RuleTrigger.FATAL not in triggers:
        yield 'no rule raises an alert for every death: add [[rules]] with when = "fatal".'


def reference_claim(rate: ReferenceRate) -> str:
    """What the error rate of a reference watch requires, as a warning."""
    history = (
        " The error rate is an average over repetitions of its history, not given this one."
        if rate.per_100_patient_years is None
        else ""
    )
    return (
        "keeps its error rate only if the reference rate holds on every day since first dose: a"
        f" hazard that falls with time signals too often.{history}"
    )
