"""Cards of the open alerts: what each rests on, who has it, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import exp, log

from alerts.alert import Alert, AlertKind
from alerts.lifecycle import DECIDED_STATES, State
from alerts.register.grouping import heads_of_alerts, is_open
from alerts.register.history import AlertEntry
from alerts.register.update import register_of
from board.views.alert_evidence import CardEvidence, evidence_of
from board.views.evidence_now import screened_summary
from board.views.exposure import StudyTables
from board.views.facts import EvidencePoint, StudyFacts, Trajectory
from board.views.naming import term_name, watch_comparison, watch_title
from board.views.wording import capitalised, humanize
from monitor.dates import iso
from monitor.evidence.evaluate import LOG_E_MAX
from monitor.evidence.summary import WatchSummary
from monitor.records import AdverseEvent, day_of
from monitor.state.study import Study

SPARK_BUCKETS = 120
"""Stretches of days that a small chart tells apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDay:
    """A reporting clock: its last *day*, and the days left on the as-of date (below 0: late)."""

    clock: str
    day: str
    days_left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkPoint:
    """The evidence as known from an ordinal *day* on; *log_e* is a natural logarithm."""

    day: int
    log_e: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkMark:
    """A day on which the alert was raised to *level*."""

    day: int
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCard:
    """One open alert.

    *raised* is the day of its first revision, *level_since* the as-of day of its last rise, and
    *age_days* the days of data since then.  *owner* is the member who has it, None where nobody
    has; *previous_owner* had it before its level rose or its data changed.
    *strength* is the evidence over its boundary, None without statistical evidence.  *subjects*
    are those of its first events, or of its case.
    """

    id: str
    revision: int
    kind: str
    level: str
    state: str
    watch: str
    title: str
    comparison: str
    term: str
    treatment: str | None
    raised: str
    level_since: str
    age_days: int | None
    owner: str | None
    previous_owner: str | None
    decided: bool
    due: tuple[DueDay, ...]
    evidence: CardEvidence | None
    strength: float | None
    subjects: tuple[str, ...]
    line: tuple[SparkPoint, ...]
    marks: tuple[SparkMark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardGroup:
    """Cards of one cause: the same term and arm, and what the same events set off beside it."""

    title: str
    cards: tuple[AlertCard, ...]


def card_groups(
    facts: StudyFacts, summaries: Mapping[str, WatchSummary], tables: StudyTables
) -> tuple[CardGroup, ...]:
    """Return the open alerts grouped by cause, the worst group and its worst card first."""
    study = facts.study
    entries = list(register_of(study).entries.values())
    heads = heads_of_alerts(study, entries)
    cards = {
        entry.alert.id: _card(facts, entry, summaries, tables)
        for entry in entries
        if is_open(entry.alert)
    }
    grouped: dict[tuple[str, str | None], list[AlertCard]] = {}
    for card in sorted(cards.values(), key=rank):
        head = cards.get(heads.get(card.id, card.id), card)
        grouped.setdefault((head.term, head.treatment), []).append(card)
    return tuple(
        CardGroup(title=_group_title(each), cards=tuple(each)) for each in grouped.values()
    )


def _group_title(cards: list[AlertCard]) -> str:
    first = cards[0]
    return first.term if first.treatment is None else f"{first.term} on {first.treatment}"


def rank(card: AlertCard) -> tuple[bool, bool, float, str, str]:
    """Sort key: undecided first, a signal before a watch, then by strength and by due day."""
    due = min((each.day for each in card.due), default="9999")
    strength = -1.0 if card.strength is None else card.strength
    return card.decided, card.level != "signal", -strength, due, card.id


def _card(
    facts: StudyFacts,
    entry: AlertEntry,
    summaries: Mapping[str, WatchSummary],
    tables: StudyTables,
) -> AlertCard:
    study, alert = facts.study, entry.alert
    summary = summaries.get(alert.watch) or screened_summary(tables, alert.watch)
    evidence = None if summary is None else evidence_of(summary, tables)
    title, comparison, term, treatment = _names(study, alert, summary)
    owner = alert.member if alert.state not in (State.RAISED, State.REOPENED) else None
    members = [item.review.member for item in entry.history if item.review and not item.refused]
    strength = None
    if evidence is not None and evidence.boundary is not None:
        strength = exp(min(evidence.log_e - log(evidence.boundary), LOG_E_MAX))
    return AlertCard(
        id=alert.id,
        revision=alert.revision,
        kind=alert.kind.value,
        level=alert.level,
        state=alert.state.value,
        watch=alert.watch,
        title=title,
        comparison=comparison,
        term=term,
        treatment=treatment,
        raised=iso(day_of(entry.history[0].known_at)),
        level_since=iso(alert.as_of),
        age_days=None if study.as_of is None else study.as_of - alert.as_of,
        owner=owner,
        previous_owner=members[-1] if members and owner is None else None,
        decided=alert.state in DECIDED_STATES,
        due=tuple(_due_days(alert, study.as_of)),
        evidence=evidence,
        strength=strength,
        subjects=_subjects(study, alert, evidence),
        line=thinned(facts.known.get(alert.watch, ())),
        marks=tuple(_marks(entry)),
    )


def thinned(points: Trajectory) -> tuple[SparkPoint, ...]:
    """Return *points* with at most about `SPARK_BUCKETS` stretches of days.

    Of each stretch the first, the lowest, the highest and the last stay, in order.
    """
    if not points:
        return ()
    width = max((points[-1].day - points[0].day) / SPARK_BUCKETS, 1)
    stretches: dict[int, list[EvidencePoint]] = {}
    for point in points:
        stretches.setdefault(int((point.day - points[0].day) / width), []).append(point)
    chosen: list[EvidencePoint] = []
    for each in stretches.values():
        ends = (each[0], min(each, key=_log_e), max(each, key=_log_e), each[-1])
        chosen += sorted(set(ends), key=each.index)
    return tuple(SparkPoint(day=point.day, log_e=point.log_e) for point in chosen)


def _log_e(point: EvidencePoint) -> float:
    return point.log_e


def _names(
    study: Study, alert: Alert, summary: WatchSummary | None
) -> tuple[str, str, str, str | None]:
    """Return the title of an alert, what it compares, its term and its treatment."""
    if summary is not None:
        watch = summary.watch
        term = term_name(study, watch.term)
        return watch_title(study, watch), watch_comparison(study, watch), term, watch.treatment
    term, treatment = capitalised(alert.term), _treatment_of_case(study, alert.about)
    on_arm = f" on {treatment}" if treatment else ""
    if alert.kind is AlertKind.CASE:
        rule = humanize(alert.watch.removeprefix("rule/"))
        return f"{term}{on_arm}: one case", f"rule “{rule}”; {alert.about}", term, treatment
    return f"{term}{on_arm}", alert.watch, term, treatment


def _treatment_of_case(study: Study, about: str) -> str | None:
    entity = study.entities.by_id.get(about)
    contribution = None if entity is None else entity.contribution
    return None if contribution is None else list(study.treatment_numbers)[contribution.treatment]


def _due_days(alert: Alert, as_of: int | None) -> Iterable[DueDay]:
    for clock, day in sorted(alert.due, key=lambda each: each[1]):
        left = None if as_of is None else date.fromisoformat(day).toordinal() - as_of
        yield DueDay(clock=clock, day=day, days_left=left)


def _subjects(study: Study, alert: Alert, evidence: CardEvidence | None) -> tuple[str, ...]:
    if evidence is not None:
        return evidence.subjects
    entity = study.entities.by_id.get(alert.about)
    if entity is not None and isinstance(entity.body, AdverseEvent):
        return (study.entities.surviving_subject(entity.body.subject),)
    return (alert.about,) if alert.about in study.subjects else ()


def _marks(entry: AlertEntry) -> Iterable[SparkMark]:
    level = ""
    for item in entry.history:
        if item.refused is None and item.level != level:
            level = item.level
            yield SparkMark(day=day_of(item.known_at), level=level)
