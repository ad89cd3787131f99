"""A trial whose plan has single-case rules, and what rings in it beside the statistics."""

from __future__ import annotations

from typing import Any

from alerts.alert import Alert, Kind
from alerts.register.update import docket_of
from monitor.records import Criterion, Outcome, Record, Subject
from tests.alerts.reviews import review
from tests.monitor.builders import record
from tests.monitor.small_plans import plan_of, table
from tests.monitor.trial import Trial, arms, trial

TO_CONFIRMED = ("acknowledge", "begin_review", "confirm")


def rule(called: str, **said: Any) -> str:
    """The rule *called* so, as a plan states it."""
    return f'{table("[rules]", **said)}\nname = "{called}"'


DEATHS = rule("deaths", when="fatal")
THREATS = rule("threats", when="life_threatening_and_related")
CLOTS = rule("clots", when="group", group="clots")
GROUP = table("groups.clots", preferred_terms=["DVT", "PE"])
FATAL: dict[str, Any] = {"outcome": Outcome.FATAL}
THREAT: dict[str, Any] = {"criteria": (Criterion.LIFE_THREATENING,)}


def ruled(*rules: str, **said: Any) -> str:
    """A plan with *rules*; everything else of it is as ``plan_of`` has it."""
    return plan_of(more="\n".join(rules), **said)


def rung(toml: str, *records: Record) -> Trial:
    """A trial under the plan *toml* to which *records* were told."""
    return trial(toml, *records)


def of_kind(found: Trial, kind: Kind) -> list[Alert]:
    """All that rang of *kind*, in order."""
    return [alert for alert in found.alerts if alert.kind is kind]


def cases(found: Trial) -> list[tuple[str, str, str, int]]:
    """Rule, case, move and revision of all that was told of single cases."""
    return [
        (one.watch.removeprefix("rule/"), one.about, str(one.move), one.revision)
        for one in of_kind(found, Kind.CASE)
    ]


def findings(found: Trial) -> list[tuple[str, str]]:
    """The findings that were told, in order: which, and about what."""
    return [(one.watch.removeprefix("finding/"), one.about) for one in of_kind(found, Kind.FINDING)]


def acted(found: Trial, *moves: str, about: str = "safety/c1") -> Trial:
    """A member makes *moves* on the alert about the case *about*, each on what is there."""
    (name,) = {one.id for one in of_kind(found, Kind.CASE) if one.about == about}
    for move in moves:
        revision = docket_of(found.study).entries[name].alert.revision
        found.tell(review(move, revision, of=name, name=f"board/{name}-{revision}"))
    return found


def at_site(
    who: str, site: str | None, arm: str | None = None, *, version: int = 1, known: int = 0
) -> Record:
    """*who* is a subject of *site*, randomised to *arm* or only screened."""
    body = Subject(subject=who, site=site, randomised_treatment=arm)
    return record(body, f"edc/subject-{who}", version=version, known=known)


def told(*records: Record, rules: tuple[str, ...] = (DEATHS,), **said: Any) -> Trial:
    """Three patients an arm under *rules*, and *records*."""
    return rung(ruled(*rules, **said), *arms(3), *records)
