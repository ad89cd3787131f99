"""What has changed since the board last decided, which ends in an explicit "nothing else"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alerts.register.update import register_of
from board.views.catalogue import Arguments, ViewNotFoundError
from board.views.facts import StudyFacts
from board.views.moved import MovedTerm, moved_table, moved_terms
from board.views.rate_selection import selection_of
from board.views.table import Column, ColumnKind, Table, table_of_items
from monitor.dates import iso
from monitor.state.study import Study
from monitor.stats.garwood import DAYS_IN_100_YEARS
from monitor.tables.exposure import ALL_PERIODS, exposure_row, table_keys

NEW = "new"
"""Stands in place of the level and state then of an alert that was not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedAlert:
    """An alert that is new, or that has another revision: its level and state then and now."""

    alert: str
    watch: str
    term: str
    level_then: str
    state_then: str
    level_now: str
    state_now: str

    @property
    def is_new(self) -> bool:
        """Whether the alert was not there at the last review."""
        return self.state_then == NEW


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedExposure:
    """Person-years and subjects of a period and treatment, then and now."""

    period: str
    treatment: str
    subjects_then: int
    subjects_now: int
    years_then: float
    years_now: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SinceReviewView:
    """The page; *since* is the day of the last decision, None where the board never decided."""

    since: str | None
    sentence: str
    alerts: Sequence[ChangedAlert]
    moved: Sequence[MovedTerm]
    exposure: Sequence[AddedExposure]
    new_cases: int
    new_serious_cases: int
    ending: str
    tables: tuple[Table, ...]


def build(facts: StudyFacts, arguments: Arguments) -> SinceReviewView:
    """Return what changed since the last decision of the board, or since the study began."""
    study, then = facts.study, facts.baseline()
    alerts, exposure = changed_alerts(then, study), added_exposure(then, study)
    try:
        moved = [] if then is None else moved_terms(then, study, selection_of(study, {}))
    except ViewNotFoundError:  # No period is randomised, so no arms are compared.
        moved = []
    cases, serious = (now - before for now, before in zip(*map(_cases, (study, then)), strict=True))
    since = None if facts.baseline_day is None else iso(facts.baseline_day)
    return SinceReviewView(
        since=since,
        sentence=_sentence(since, alerts, cases),
        alerts=alerts,
        moved=moved,
        exposure=exposure,
        new_cases=cases,
        new_serious_cases=serious,
        ending="Nothing else changed: no other alert, and no other term has a new first event."
        if then is not None
        else "The board has not decided on any alert yet: everything is new.",
        tables=(alerts_table(alerts), moved_table(moved), exposure_table(exposure)),
    )


def changed_alerts(then: Study | None, now: Study) -> list[ChangedAlert]:
    """Return the alerts that are new or have another revision than *then*, new ones first."""
    before = {} if then is None else register_of(then).entries
    changed: list[ChangedAlert] = []
    for name, entry in register_of(now).entries.items():
        old = before.get(name)
        if old is not None and old.alert.revision == entry.alert.revision:
            continue
        changed.append(
            ChangedAlert(
                alert=name,
                watch=entry.alert.watch,
                term=entry.alert.term,
                level_then=NEW if old is None else old.alert.level,
                state_then=NEW if old is None else old.alert.state.value,
                level_now=entry.alert.level,
                state_now=entry.alert.state.value,
            )
        )
    return sorted(changed, key=lambda each: (not each.is_new, each.watch, each.alert))


def added_exposure(then: Study | None, now: Study) -> list[AddedExposure]:
    """Return the exposure of each period and treatment, then and now."""
    lines: list[AddedExposure] = []
    for _, key in table_keys(now):
        row = exposure_row(now, key)
        old = None if then is None or not _has_table(then, key) else exposure_row(then, key)
        if key[0] == ALL_PERIODS or not row.subjects:
            continue
        lines.append(
            AddedExposure(
                period=row.period,
                treatment=row.treatment,
                subjects_then=0 if old is None else old.subjects,
                subjects_now=row.subjects,
                years_then=0.0 if old is None else 100 * old.person_days / DAYS_IN_100_YEARS,
                years_now=100 * row.person_days / DAYS_IN_100_YEARS,
            )
        )
    return lines


def alerts_table(alerts: Sequence[ChangedAlert]) -> Table:
    """Return the table of the alerts."""
    return table_of_items(
        alerts,
        Column(key="alert", label="Alert"),
        Column(key="watch", label="Watch"),
        Column(key="term", label="Term"),
        Column(key="level_then", label="Level then"),
        Column(key="level_now", label="Level now"),
        Column(key="state_then", label="State then"),
        Column(key="state_now", label="State now"),
        name="alerts",
        caption="New and changed alerts",
    )


def exposure_table(exposure: Sequence[AddedExposure]) -> Table:
    """Return the table of the exposure."""
    count, number = ColumnKind.COUNT, ColumnKind.NUMBER
    return table_of_items(
        exposure,
        Column(key="period", label="Period"),
        Column(key="treatment", label="Treatment"),
        Column(key="subjects_then", label="Patients then", kind=count),
        Column(key="subjects_now", label="Patients now", kind=count),
        Column(key="years_then", label="Person-years then", kind=number),
        Column(key="years_now", label="Person-years now", kind=number),
        name="exposure",
        caption="Exposure added",
    )


def _has_table(study: Study, key: tuple[str, str]) -> bool:
    return key[1] in study.treatment_numbers and key[0] in (ALL_PERIODS, *study.period_numbers)


def _cases(study: Study | None) -> Iterator[int]:
    """Yield the number of counted cases, and of the serious ones among them."""
    subjects = () if study is None else study.subjects.values()
    cases = [each for subject in subjects for each in subject.cases.values()]
    counted = [each for each in cases if each.counted_versions]
    yield len(counted)
    yield sum(bool(each.increment >> 20 & ((1 << 20) - 1)) for each in counted)


def _sentence(since: str | None, alerts: Sequence[ChangedAlert], cases: int) -> str:
    start = "Since the study began" if since is None else f"Since the review of {since}"
    new = sum(alert.is_new for alert in alerts)
    changed = len(alerts) - new
    if not alerts and not cases:
        return f"{start}: nothing new."
    return f"{start}: {new} new and {changed} changed alerts, {cases} events."
