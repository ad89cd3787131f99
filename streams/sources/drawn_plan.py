"""Draws up a first monitoring plan from the arms of a study, whatever format its data have."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import floor
from typing import NamedTuple

from monitor.plan.watch import Analysis
from streams.sources.report import UnreadableSource
from streams.sources.rules.arms import ArmTable
from streams.sources.rules.names import treatment_id
from streams.sources.rules.periods import RANDOMISED, NamedPeriod

NO_CONTROL = "no_control"
"""Control of a plan for a study with one treatment: no subject receives it."""
ANY_TREATMENT = "any_treatment"
"""Treatment of a plan for a study whose source names none."""

TREATMENTS_MAX = 63

PLAN_TEMPLATE = """\
study = {study}
title = {title}
alpha = 0.05
q = 0.1

[treatments]
control = {control}
active = {active}
{periods}
[dates]
partial = "treatment_start"  # If it falls in that month or year; else the first day.

[at_risk]
window_days = "unbounded"  # Until follow-up ends, on treatment or off it.

[limits]
as_of_jump_days = 180

[levels]
watch = 5

[screening]
period = "randomised"
analysis = "as_treated"
time = "study"
{screening}
[groups.serious]
serious = true

[[rules]]
name = "deaths"
when = "fatal"

[[rules]]
name = "life-threatening-and-related"
when = "life_threatening_and_related"
"""

PERIOD_TEMPLATE = """
[[periods]]
id = {id}
title = {title}
randomised = {randomised}
"""

WATCH_TEMPLATE = """
[[watches]]
id = {id}
kind = "concurrent"
group = "serious"
treatment = {treatment}
period = {period}
analysis = {analysis}
time = "study"
tier = 1
share = {share}
"""


class DrawnPlan(NamedTuple):
    """A plan in TOML, and the sentences that say what it watches and what it does not."""

    toml: str
    notes: tuple[str, ...]


def draw_plan(
    study: str, arms: ArmTable, periods: Sequence[NamedPeriod], control: str | None = None
) -> DrawnPlan:
    """Return a plan: every treatment against *control*, serious events at tier 1, and two rules.

    Without *control* the control is the one treatment whose name contains "placebo".  Each active
    treatment gets an equal share of alpha.  A study with fewer than two treatments gets the rules
    alone.  Raises `UnreadableSource` where the treatments name no such control.
    """
    treatments = {name: arms.names.get(name, name) for name in sorted(arms.treatments)}
    if len(treatments) > TREATMENTS_MAX:
        raise UnreadableSource(
            f"the study has {len(treatments)} treatments, a plan at most {TREATMENTS_MAX}: check"
            " which column names the treatment"
        )
    compares = len(treatments) > 1
    control_id = find_control(treatments, control) if compares else NO_CONTROL
    active = sorted(set(treatments) - {control_id}) or [ANY_TREATMENT]
    toml = PLAN_TEMPLATE.format(
        study=json.dumps(study),
        title=json.dumps(f"{study}, drawn up from its data"),
        control=json.dumps(control_id),
        active=json.dumps(active),
        periods="".join(period_toml(each, each.id == RANDOMISED) for each in periods),
        screening="" if compares else "enabled = false  # One treatment has no comparison.\n",
    )
    share = equal_share(len(active))
    watches = [watch_toml(name, RANDOMISED, share, Analysis.AS_TREATED) for name in active]
    return DrawnPlan(
        toml + "".join(watches if compares else ()), _notes(treatments, control_id, active)
    )


def equal_share(count: int) -> float:
    """Return the share of alpha of each of *count* watches, rounded down to sum to at most 1."""
    return floor(10_000 / count) / 10_000


def watch_toml(treatment: str, period: str, share: float, analysis: Analysis) -> str:
    """Return a watch of serious events on *treatment* against the control."""
    return WATCH_TEMPLATE.format(
        id=json.dumps(f"serious-{treatment}"),
        treatment=json.dumps(treatment),
        period=json.dumps(period),
        analysis=json.dumps(analysis),
        share=share,
    )


def period_toml(period: NamedPeriod, is_randomised: bool) -> str:
    """Return a period of the plan."""
    return PERIOD_TEMPLATE.format(
        id=json.dumps(period.id),
        title=json.dumps(period.title or period.id),
        randomised="true" if is_randomised else "false",
    )


def find_control(treatments: Mapping[str, str], control: str | None) -> str:
    """Return the id of *control*, or of the one treatment called placebo; *treatments* by id.

    Raises `UnreadableSource` where there is none.
    """
    names = ", ".join(repr(name) for name in treatments.values())
    if control is None:
        placebos = [name for name in treatments if "placebo" in name]
        if len(placebos) == 1:
            return placebos[0]
        raise UnreadableSource(
            f"no single arm is called placebo.  Name one of {names} as the control: --control NAME"
        )
    chosen = control if control in treatments else treatment_id(control)
    if chosen not in treatments:
        raise UnreadableSource(f"no subject was treated in arm {control!r}: name one of {names}")
    return chosen


def _notes(treatments: Mapping[str, str], control: str, active: Sequence[str]) -> tuple[str, ...]:
    """Return what the plan watches, and what it leaves to the user."""
    if len(treatments) > 1:
        watched = (
            f"serious events on {', '.join(active)} against {control} (tier 1), and every term"
            " (tier 2)"
        )
    else:
        watched = "no rate, because the data name fewer than two treatments"
    return (
        f"The plan is drawn up from the data.  It watches {watched}.",
        "It has an alert for each death, and for each life-threatening case that may be related.",
        "It leaves to you: events of special interest and their groups, expected reactions,"
        " background rates, days at risk after treatment (unbounded now), and the board.",
        "The first record holds it; `--plan FILE` puts a plan of your own in its place.",
    )
