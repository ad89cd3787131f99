"""``tocsin check``: whether a plan is consistent, and what it buys with its alpha."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.text import Text

from alerts.clocks import LONG_DAYS, SHORT_DAYS
from monitor.plan.case_rules import When
from monitor.plan.plan import Plan
from monitor.plan.watch import Analysis, Kind, Watch
from monitor.stats.concurrent import RiskSets
from monitor.stats.e_value import log_e, most_treated_events_can_say
from tocsin.common.plan_file import plan_in
from tocsin.common.terminal import paper, plain
from tocsin.display.grid import Column, Grid, Line
from tocsin.display.wording import basis, e_value

TREATED_MAX = 1000
"""Where the scan for the smallest count ends: every boundary that a plan may ask is met before."""

RINGS = {
    When.FATAL: "any death",
    When.LIFE_THREATENING_AND_RELATED: "any life-threatening case that may be related",
}


def check(plan: Path, /) -> None:
    """Validate PLAN: its watches, what each needs to signal, the shares of alpha spent and left.

    Exit codes: 0 the plan is consistent, 2 it is not: the line and the remedy are on stderr.

    Parameters
    ----------
    plan
        A monitoring plan in TOML.
    """
    found = plan_in(plan)
    console = paper()
    console.print(Text(f"{plain(found.title)} ({found.study})", style="bold reverse"))
    console.print(f"sha256 {found.sha256}", soft_wrap=True)
    console.print()
    console.print(watch_grid(found), crop=False)
    console.print()
    for line in (*budget(found), *single_cases(found)):
        console.print(Text(plain(line)))
    errors = paper(stderr=True)
    for warning in warnings(found):
        errors.print(Text(f"warning: {plain(warning)}", style="yellow"))


def watch_grid(plan: Plan) -> Grid:
    """The watches that the plan names, with their boundaries and the fewest events that do."""
    columns = (
        Column.words("watch", least=16),
        Column(title="tier"),
        Column(title="share"),
        Column(title="signals at E"),
        Column(title="fewest events"),
    )
    lines = tuple(_line(plan, watch) for watch in plan.watches)
    return Grid("Watches, and the fewest first events, all on treatment, to signal", columns, lines)


def _line(plan: Plan, watch: Watch) -> Line:
    if watch.tier != 1:
        return Line(cells=(watch.id, str(watch.tier), "-", "-", "-"), note=_says(watch))
    at = watch.signal_level(plan.alpha)
    numbers = (f"{watch.share:g}", e_value(at), fewest_words(watch, at))
    return Line(cells=(watch.id, "1", *numbers), note=_says(watch))


def _says(watch: Watch) -> str:
    return f"{basis(watch)}{'' if watch.tier == 1 else ': shown, not judged'}"


def fewest_words(watch: Watch, at: float) -> str:
    """The smallest count that can signal, as it is printed."""
    count = fewest(watch, at)
    return f"{count} of {count}" if watch.kind is Kind.CONCURRENT else f"{count}"


def fewest(watch: Watch, at: float) -> int:
    """The smallest number of first events, all on treatment, whose e-value reaches *at*.

    Concurrent: with as many at risk on either arm.  Reference: in no time at all, so that more
    are needed the longer it takes; no watch of its kind signals on fewer.

    >>> from monitor.terms import ANY
    >>> from monitor.plan.watch import Basis, Scale
    >>> arms = Basis(period="p", analysis=Analysis.AS_RANDOMISED, time=Scale.STUDY)
    >>> fewest(Watch(id="w", term=ANY, treatment="t", tier=1, control="c", basis=arms), 20)
    6
    """
    for count in range(watch.minimum_events, TREATED_MAX):
        evidence = (
            log_e(RiskSets(count, count, np.full(count, 0.5)).log_likelihood)
            if watch.kind is Kind.CONCURRENT
            else most_treated_events_can_say(count)
        )
        if evidence >= np.log(at):
            return count
    return max(watch.minimum_events, TREATED_MAX)


def budget(plan: Plan) -> Iterator[str]:
    """What the plan spends, what is left of it, and what is watched without a name."""
    spent = sum(watch.share for watch in plan.watches)
    yield (
        f"Alpha {plan.alpha:g}: shares of {spent:g} are spent, {max(0.0, 1 - spent):g} is left for"
        " amendments. A share, once given, stays spent."
    )
    how = plan.screening
    pair = f"{' or '.join(plan.active)} v {plan.control}"
    where = f"{how.period}, {how.analysis}, {how.time} time".replace("_", " ")
    if plan.screens:
        yield f"Every other term is screened: {pair}, {where}, e-BH at q = {plan.q:g}."
    else:
        yield "No other term is judged: the plan turns the screening off."
    yield (
        "Fewest events: concurrent, with as many subjects at risk on either arm; reference, at the"
        " very start: the more person-time without an event, the more it takes."
    )


def single_cases(plan: Plan) -> Iterator[str]:
    """Which single cases somebody is called for, and by when they are due."""
    for rule in plan.rules:
        what = RINGS[rule.when] if rule.group is None else f"any case of {rule.group.name}"
        due = (
            f"{LONG_DAYS} days from receipt, being expected"
            if rule.expected
            else f"{SHORT_DAYS} days from receipt if fatal or life-threatening and suspected,"
            f" else {LONG_DAYS}"
        )
        yield f"Rule {rule.name} rings for {what}: due {due}."


def warnings(plan: Plan) -> Iterator[str]:
    """What is consistent and may still mislead."""
    for watch in plan.watches:
        if watch.tier == 1 and watch.basis and watch.basis.analysis is Analysis.AS_TREATED:
            yield (
                f"watch {watch.id} spends its share as treated. Where subjects change treatment"
                " because they are at risk (escape on deterioration), false alarms exceed alpha:"
                ' use analysis = "as_randomised" and show the one as treated at tier 3.'
            )
        if watch.tier == 1 and watch.watch_level >= watch.signal_level(plan.alpha):
            yield f"watch {watch.id} says `watch` only at an e-value at which it already signals."
    if not any(watch.tier == 1 for watch in plan.watches):
        only = "only the screening" if plan.screens else "nothing"
        yield f"no watch is of tier 1: {only} can signal."
    asked = {rule.when for rule in plan.rules}
    if asked and When.FATAL not in asked:
        yield 'no rule rings for every death: add [[rules]] with when = "fatal".'
