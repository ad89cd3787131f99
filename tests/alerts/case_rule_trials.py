"""Builders of trials under single-case rules, and readers of the alerts that they raise."""

from __future__ import annotations

from typing import Any

from alerts.alert import Alert, AlertKind
from alerts.register.update import register_of
from monitor.records import Criterion, Outcome, Record, Subject
from tests.alerts.reviews import review
from tests.monitor.builders import record
from tests.monitor.small_plans import plan_of, toml_table
from tests.monitor.trial import Trial, trial, two_arms

MOVES_TO_CONFIRMED = ("acknowledge", "begin_review", "confirm")


def rule(rule_name: str, **fields: Any) -> str:
    """The section of a plan for a case rule of this name."""
    return f'{toml_table("[rules]", **fields)}\nname = "{rule_name}"'


DEATHS_RULE = rule("deaths", when="fatal")
LIFE_THREATENING_RULE = rule("threats", when="life_threatening_and_related")
CLOTS_RULE = rule("clots", when="group", group="clots")
GROUP = toml_table("groups.clots", preferred_terms=["DVT", "PE"])
FATAL: dict[str, Any] = {"outcome": Outcome.FATAL}
LIFE_THREATENING: dict[str, Any] = {"criteria": (Criterion.LIFE_THREATENING,)}


def plan_with_rules(*rules: str, **options: Any) -> str:
    """A plan with *rules*; *options* are those of `plan_of`."""
    return plan_of(more="\n".join(rules), **options)


def folded_trial(toml: str, *records: Record) -> Trial:
    """A trial under the plan *toml* into which *records* are folded."""
    return trial(toml, *records)


def alerts_of_kind(scenario: Trial, kind: AlertKind) -> list[Alert]:
    """All alerts of *kind*, in order."""
    return [alert for alert in scenario.alerts if alert.kind is kind]


def case_alerts(scenario: Trial) -> list[tuple[str, str, str, int]]:
    """Rule, case, move and revision of all single-case alerts, in order."""
    return [
        (one.watch.removeprefix("rule/"), one.about, str(one.move), one.revision)
        for one in alerts_of_kind(scenario, AlertKind.CASE)
    ]


def finding_alerts(scenario: Trial) -> list[tuple[str, str]]:
    """The name and the subject of every data finding, in order."""
    return [
        (one.watch.removeprefix("finding/"), one.about)
        for one in alerts_of_kind(scenario, AlertKind.FINDING)
    ]


def review_case_alert(scenario: Trial, *moves: str, about: str = "safety/c1") -> Trial:
    """A member makes *moves* on the alert of the case *about*, each on the latest revision."""
    (name,) = {one.id for one in alerts_of_kind(scenario, AlertKind.CASE) if one.about == about}
    for move in moves:
        revision = register_of(scenario.study).entries[name].alert.revision
        scenario.submit(review(move, revision, of=name, name=f"board/{name}-{revision}"))
    return scenario


def site_subject(
    who: str, site: str | None, arm: str | None = None, *, version: int = 1, known: int = 0
) -> Record:
    """*who* is a subject of *site*: randomised to *arm*, or only screened where it is None."""
    body = Subject(subject=who, site=site, randomised_treatment=arm)
    return record(body, f"edc/subject-{who}", version=version, known=known)


def rules_trial(*records: Record, rules: tuple[str, ...] = (DEATHS_RULE,), **options: Any) -> Trial:
    """A trial under *rules* with three subjects an arm and *records*."""
    return folded_trial(plan_with_rules(*rules, **options), *two_arms(3), *records)
