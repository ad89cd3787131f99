"""Counts of the report's tables from the lines of a log, without the product's code."""

from __future__ import annotations

from collections.abc import Callable

from tests.board.independent.recounted import PlacedCase, Recounted, Selection
from tests.independent.groups import is_related, is_serious
from tests.independent.trial import Case
from tests.independent.wire_records import Record, ordinal

Condition = Callable[[Record], bool]
SEVERITIES = ("mild", "moderate", "severe", "life_threatening", "fatal")


def is_fatal(fields: Record) -> bool:
    """Return whether outcome, severity or a criterion says that the subject died."""
    return (
        fields.get("outcome") == "fatal"
        or fields.get("severity") == "fatal"
        or "death" in fields.get("criteria", ())
    )


def acted(*actions: str) -> Condition:
    """Return the condition that one of *actions* was taken."""
    return lambda fields: fields.get("action_taken") in actions


def serious_by(criterion: str) -> Condition:
    """Return the condition that the case is serious by *criterion*."""
    return lambda fields: is_serious(fields) and criterion in fields.get("criteria", ())


CONDITIONS: dict[str, Condition] = {
    "serious": is_serious,
    "fatal": is_fatal,
    "life_threatening": serious_by("life_threatening"),
    "hospitalisation": serious_by("hospitalisation"),
    "disability": serious_by("disability"),
    "anomaly": serious_by("congenital_anomaly"),
    "important": serious_by("medically_important"),
    "withdrawn": acted("drug_withdrawn"),
    "modified": acted("drug_interrupted", "dose_reduced", "dose_increased"),
    "drug_interrupted": acted("drug_interrupted"),
    "dose_reduced": acted("dose_reduced"),
    "dose_increased": acted("dose_increased"),
    "any": lambda fields: True,
    "related": is_related,
    "serious_related": lambda fields: is_serious(fields) and is_related(fields),
}
"""The rows of the overview by key."""


def received(count: Recounted) -> dict[str, Selection]:
    """Return the columns by treatment received: those with a day at risk."""
    columns = {
        f"{period} {treatment}": Selection(period=period, treatment=treatment)
        for period in count.periods
        for treatment in count.treatments
    }
    return {key: each for key, each in columns.items() if count.days(each)}


def randomised(count: Recounted) -> dict[str, Selection]:
    """Return the columns by randomised arm."""
    return {f"randomised {each}": Selection(randomised=each) for each in count.treatments}


POOLED = {"all": Selection()}
"""The column of all subjects together."""


def placed(count: Recounted, selection: Selection) -> list[PlacedCase]:
    """Return the cases that *selection* counts."""
    return [
        each
        for each in count.placed
        if each.terms and count.selects(selection, each.case.subject, each.interval)
    ]


def subjects(cases: list[Case]) -> int:
    """Return how many subjects have one of *cases*."""
    return len({case.subject for case in cases})


def matching(count: Recounted, selection: Selection, condition: Condition) -> list[Case]:
    """Return the counted cases of *selection* that meet *condition*."""
    return [each.case for each in placed(count, selection) if condition(each.case.fields)]


def worst_severities(cases: list[Case]) -> dict[str, str | None]:
    """Return the worst severity of each subject, None where no case has one."""
    worst: dict[str, str | None] = {}
    for case in cases:
        severity = case.fields.get("severity")
        before = worst.setdefault(case.subject, severity)
        if severity and (before is None or SEVERITIES.index(severity) > SEVERITIES.index(before)):
            worst[case.subject] = severity
    return worst


def by_term(cases: list[PlacedCase]) -> dict[tuple[str, str], list[Case]]:
    """Return the cases by system organ class and preferred term, "" for the whole class."""
    found: dict[tuple[str, str], list[Case]] = {}
    for each in cases:
        kinds = dict(each.terms)
        organ_class = kinds["system_organ_class"]
        for term in ("", kinds["preferred_term"]):
            found.setdefault((organ_class, term), []).append(each.case)
    return found


def days_on_treatment(count: Recounted, selection: Selection) -> dict[str, int]:
    """Return the days at risk of each subject that one of its treatments covers."""
    return {
        subject: sum(is_covered(count, subject, day) for day in days)
        for subject, days in count.days(selection).items()
    }


def is_covered(count: Recounted, subject: str, day: int) -> bool:
    """Return whether a treatment of the kind that the day counts for covers it."""
    own = count.trial.days[subject][day]
    return any(
        (each.period, each.treatment) == (own.period, own.treatment)
        and each.start <= day
        and (each.end is None or day < each.end)
        for each in count.trial.intervals[subject]
    )


def end_status(count: Recounted, subject: str) -> str | None:
    """Return the last disposition of the study, else of the period of the last day at risk."""
    found = sorted(
        count.trial.dispositions.get(subject, []),
        key=lambda each: (each["date"], each.get("period") or ""),
    )
    days = count.trial.days.get(subject, {})
    period = days[max(days)].period if days else ""
    of_study = [each for each in found if each.get("period") is None]
    last = (of_study or [each for each in found if each.get("period") == period])[-1:]
    return last[0]["status"] if last else None


def deaths(count: Recounted) -> dict[str, int | None]:
    """Return the ordinal day of death of each subject who died, None where it is unknown."""
    found: dict[str, int | None] = {}
    for subject, dispositions in count.trial.dispositions.items():
        days = [ordinal(each["date"]) for each in dispositions if each["status"] == "died"]
        if days:
            found[subject] = min(days)
    for case in count.trial.cases:
        if is_fatal(case.fields) and case.subject not in found:
            others = [
                each.onset
                for each in count.trial.cases
                if each.subject == case.subject and is_fatal(each.fields) and each.onset
            ]
            found[case.subject] = min(others, default=None)
    return found


def death_counts(count: Recounted, selection: Selection) -> tuple[int, int]:
    """Return the deaths that a column has, and those of them on a day at risk."""
    total = at_risk = 0
    for subject, day in deaths(count).items():
        days = count.trial.days.get(subject, {})
        before = [each for each in days if day is None or each <= day]
        interval = days[max(before)] if before else None
        is_any = selection == Selection()
        if is_any or (interval is not None and count.selects(selection, subject, interval)):
            total += 1
            at_risk += day in days
    return total, at_risk
