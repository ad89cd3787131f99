"""Writes a first monitoring plan for a study of which only the SDTM tabulation is available."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from math import floor

from streams.sources.sdtm_terms import treatment_id
from streams.sources.xpt import Row, UnreadableStudy

DEFAULT_PERIOD = "randomised"

PLAN_TEMPLATE = """\
study = {study}
title = {title}
alpha = 0.05
q = 0.1

[treatments]
control = {control}
active = {active}

[[periods]]
id = "randomised"
title = "Randomised treatment"
randomised = true

[dates]
partial = "first_day"

[at_risk]
window_days = "unbounded"  # Followed from RFXSTDTC to RFENDTC, on treatment or off it.

[limits]
as_of_jump_days = 180

[levels]
watch = 5

[screening]
period = "randomised"
analysis = "as_treated"
time = "study"

[groups.serious]
serious = true
"""

WATCH_TEMPLATE = """
[[watches]]
id = {id}
kind = "concurrent"
group = "serious"
treatment = {treatment}
period = "randomised"
analysis = "as_treated"
time = "study"
tier = 1
share = {share}
"""


def default_plan(dm: Iterable[Row], study: str, control: str | None = None) -> str:
    """Return a plan in TOML: every treated arm against *control*, serious events at tier 1.

    Without *control* the control is the one arm whose name contains "placebo".  Each active arm
    gets an equal share of alpha.  Raises `UnreadableStudy` where the arms name no such control or
    no active arm is left.
    """
    arms = treated_arms(dm)
    control_id = _control_id(arms, control)
    active = sorted(set(arms) - {control_id})
    if not active:
        raise UnreadableStudy(
            f"DM has one treated arm, {arms[control_id]!r}: a plan compares two; write one with"
            " reference watches and give it as the plan"
        )
    share = floor(10_000 / len(active)) / 10_000  # Rounded down: shares may not exceed 1.
    plan = PLAN_TEMPLATE.format(
        study=json.dumps(study),
        title=json.dumps(f"{study}, from its SDTM tabulation"),
        control=json.dumps(control_id),
        active=json.dumps(active),
    )
    return plan + "".join(
        WATCH_TEMPLATE.format(
            id=json.dumps(f"serious-{arm}"), treatment=json.dumps(arm), share=share
        )
        for arm in active
    )


def treated_arms(dm: Iterable[Row]) -> dict[str, str]:
    """Return the arms with a treated subject: treatment id to the arm's name in DM.ARM.

    Raises `UnreadableStudy` where two arms would have one id, or no subject was treated.
    """
    arms: dict[str, str] = {}
    for name in sorted({row["ARM"] for row in dm if row["RFXSTDTC"]}):
        treatment = treatment_id(name)
        if treatment is None:
            continue
        if treatment in arms:
            raise UnreadableStudy(
                f"arms {arms[treatment]!r} and {name!r} would both be called {treatment!r}:"
                " spell them alike in DM.ARM, or further apart"
            )
        arms[treatment] = name
    if not arms:
        raise UnreadableStudy("DM has no subject with RFXSTDTC and an arm: none was treated")
    return arms


def _control_id(arms: dict[str, str], control: str | None) -> str:
    names = ", ".join(repr(name) for name in arms.values())
    if control is None:
        placebo_arms = [treatment for treatment in arms if "placebo" in treatment]
        if len(placebo_arms) == 1:
            return placebo_arms[0]
        raise UnreadableStudy(
            f"no single arm is called placebo.  Name one of {names} as the control"
        )
    if treatment_id(control) not in arms:
        raise UnreadableStudy(f"no subject was treated in arm {control!r}: name one of {names}")
    return treatment_id(control) or control


def first_period(toml: str) -> str:
    """Return the id of the first period of the plan in *toml*, to which treatment intervals belong.

    Raises `UnreadableStudy` where the plan is no TOML or has no period with an id.
    """
    try:
        return str(tomllib.loads(toml)["periods"][0]["id"])
    except (tomllib.TOMLDecodeError, LookupError, TypeError) as error:
        raise UnreadableStudy(
            f"the plan has no first period with an id ({error}): add [[periods]] with"
            f" id = {DEFAULT_PERIOD!r}, or leave the plan out and get a default one"
        ) from error
