"""Reads from a given plan what an ingest needs of it: treatments, periods, limits and choices."""

from __future__ import annotations

from typing import NamedTuple

from monitor.plan.plan import Plan, PlanError, read_plan
from streams.sources.report import UnreadableSource
from streams.sources.rules.context import PlanChoices
from streams.sources.rules.periods import NamedPeriod, PeriodTable


class GivenPlan(NamedTuple):
    """A valid plan with its text, its periods, and its choices for the rules."""

    toml: str
    plan: Plan
    periods: PeriodTable
    choices: PlanChoices


def read_given_plan(toml: str, study: str) -> GivenPlan:
    """Read the plan in *toml*.

    Raises `UnreadableSource` where it is invalid, or the plan of another study.
    """
    try:
        plan = read_plan(toml)
    except PlanError as error:
        raise UnreadableSource(f"the plan is refused: {error}") from None
    if plan.study != study:
        raise UnreadableSource(
            f'the plan is of study {plan.study}, the records of {study}: write study = "{study}"'
            f" in the plan, or give --study {plan.study}"
        )
    choices = PlanChoices(
        actual_arm=plan.ingest.actual_arm,
        participation_end=plan.ingest.participation_end,
        has_instruments=bool(plan.instruments),
    )
    periods = PeriodTable([NamedPeriod(period.id, period.title) for period in plan.periods])
    return GivenPlan(toml, plan, periods, choices)
