"""What an alert of a watch rests on, by batch: its arms, its cases and the days they count from."""

from __future__ import annotations

from board.views.facts import StudyFacts
from tests.board.independent.evidence import WatchEvidence, evidence_of_term, evidence_of_watch
from tests.board.independent.logs import BoardLog
from tests.board.independent.recounted import (
    PlacedCase,
    Recounted,
    Selection,
    TermName,
    placed_case,
)
from tests.independent.evidence import term_of
from tests.independent.recount_entities import resolve
from tests.independent.trial import trial_of
from tests.independent.wire_records import Record, ordinal


def watch_of(log: BoardLog, name: str) -> Record | None:
    """Return the watch *name* as the plan has it, or as its screening rule makes it; else None."""
    plan = log.count.trial.plan
    named = {watch["id"]: watch for watch in plan["watches"]}
    if name in named or name not in log.facts.study.watches_by_id:
        return named.get(name)
    return {**plan["screening"], **screened_part(log.facts, log.count, name)}


def screened_part(facts: StudyFacts, count: Recounted, name: str) -> Record:
    """Return the term and treatment of a screened watch, with the term as the records spell it."""
    watch = facts.study.watches_by_id[name].watch
    kind, wanted = watch.term.kind.value, watch.term.name.casefold()
    spelled = {term for each in count.placed for term in each.terms}
    term = next(own for own_kind, own in spelled if own_kind == kind and own.casefold() == wanted)
    return {"kind": "concurrent", kind: term, "treatment": watch.treatment, "tier": 2}


def evidence_of_alert(log: BoardLog, watch: Record) -> WatchEvidence:
    """Return the evidence of the alert of *watch*."""
    if watch["tier"] != 2:
        return evidence_of_watch(log.count, watch)
    control = log.count.trial.plan["treatments"]["control"]
    return evidence_of_term(log.count, watch, term_of(watch), watch["treatment"], control)


def scope_of(count: Recounted, watch: Record) -> tuple[Selection, Selection]:
    """Return the days of the treatment and of the control, by the analysis of *watch*."""
    control = watch.get("control", count.trial.plan["treatments"]["control"])
    field = "randomised" if watch.get("analysis") == "as_randomised" else "treatment"
    treated, on_control = (
        Selection(period=watch.get("period"), **{field: arm})
        for arm in (watch["treatment"], control)
    )
    return treated, on_control


def cases_of_watch(count: Recounted, watch: Record) -> list[PlacedCase]:
    """Return the cases under the term of *watch* in its period, on any arm."""
    return [
        each
        for each in count.placed
        if term_of(watch) in each.terms
        and each.interval is not None
        and watch.get("period") in (None, each.interval.period)
    ]


def adjudication_of(count: Recounted, watch: Record) -> str | None:
    """Return the adjudication of the group of *watch*."""
    kind, term = term_of(watch)
    return count.trial.plan["groups"][term].get("adjudication") if kind == "group" else None


def first_answer_day(versions: list[Record], adjudication: str) -> int | None:
    """Return the day of the first version with an answer."""
    answers = ("yes", "no")
    days = [
        ordinal(each["known_at"])
        for each in versions
        if (each.get("adjudications") or {}).get(adjudication) in answers
    ]
    return days[0] if days else None


def counted_day(count: Recounted, case_id: str, term: TermName) -> int | None:
    """Return the day of the version from which on the case has counted under *term*.

    Each version counts by what the log says of its subject up to then.
    """
    day: int | None = None
    for version in reversed(count.versions[case_id]):
        if not counts_then(count, version, case_id, term):
            break
        day = ordinal(version["known_at"])
    return day


def counts_then(count: Recounted, version: Record, case_id: str, term: TermName) -> bool:
    """Whether the case counts under *term* in the log up to *version*."""
    key = ("then", id(version))
    if key not in count.stored:
        end = next(place for place, each in enumerate(count.records) if each is version)
        own = own_records(count.records[: end + 1], version["subject"])
        trial = trial_of(resolve(own))
        placed = [placed_case(trial, case) for case in trial.cases if case.entity == case_id]
        count.stored[key] = {own for each in placed for own in each.terms}
    return term in count.stored[key]


def own_records(records: list[Record], subject: str) -> list[Record]:
    """Return the records of *subject*, and those that name no subject."""
    return [each for each in records if each.get("subject", subject) == subject]
