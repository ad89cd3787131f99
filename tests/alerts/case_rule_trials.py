"""A trial whose plan has single-case rules, and what rings in it beside the statistics."""

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
    """The rule *called* so, as a plan states it."""
    return f'{toml_table("[rules]", **fields)}\nname = "{rule_name}"'


DEATHS_RULE = rule("deaths", when="fatal")
LIFE_THREATENING_RULE = rule("threats", when="life_threatening_and_related")
CLOTS_RULE = rule("clots", when="group", group="clots")
GROUP = toml_table("groups.clots", preferred_terms=["DVT", "PE"])
FATAL: dict[str, Any] = {"outcome": Outcome.FATAL}
LIFE_THREATENING: dict[str, Any] = {"criteria": (Criterion.LIFE_THREATENING,)}


def plan_with_rules(*rules: str, **options: Any) -> str:
    """A plan with *rules*; everything else of it is as ``plan_of`` has it."""
    return plan_of(more="\n".join(rules), **options)


def folded_trial(toml: str, *records: Record) -> Trial:
    """A trial under the plan *toml* to which *records* were told."""
    return trial(toml, *records)


def alerts_of_kind(found: Trial, kind: AlertKind) -> list[Alert]:
    """All that rang of *kind*, in order."""
    return [alert for alert in found.alerts if alert.kind is kind]


def case_alerts(found: Trial) -> list[tuple[str, str, str, int]]:
    """Rule, case, move and revision of all that was told of single cases."""
    return [
        (one.watch.removeprefix("rule/"), one.about, str(one.move), one.revision)
        for one in alerts_of_kind(found, AlertKind.CASE)
    ]


def finding_alerts(found: Trial) -> list[tuple[str, str]]:
    """The findings that were told, in order: which, and about what."""
    return [
        (one.watch.removeprefix("finding/"), one.about)
        for one in alerts_of_kind(found, AlertKind.FINDING)
    ]


def review_case_alert(found: Trial, *moves: str, about: str = "safety/c1") -> Trial:
    """A member makes *moves* on the alert about the case *about*, each on what is there."""
    (name,) = {one.id for one in alerts_of_kind(found, AlertKind.CASE) if one.about == about}
    for move in moves:
        revision = register_of(found.study).entries[name].alert.revision
        found.submit(review(move, revision, of=name, name=f"board/{name}-{revision}"))
    return found


def site_subject(
    who: str, site: str | None, arm: str | None = None, *, version: int = 1, known: int = 0
) -> Record:
    """*who* is a subject of *site*, randomised to *arm* or only screened."""
    body = Subject(subject=who, site=site, randomised_treatment=arm)
    return record(body, f"edc/subject-{who}", version=version, known=known)


def rules_trial(*records: Record, rules: tuple[str, ...] = (DEATHS_RULE,), **options: Any) -> Trial:
    """Three patients an arm under *rules*, and *records*."""
    return folded_trial(plan_with_rules(*rules, **options), *two_arms(3), *records)
