"""One alert: its evidence, events and history, and the moves that it allows now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.alert import Alert, AlertKind
from alerts.dictionary import dictionary_of
from alerts.register.history import AlertEntry
from alerts.register.update import register_of
from board.views.alert_days import AlertAge, DueClock, age_of, data_day, due_clocks, owner_of
from board.views.alert_history import (
    HistoryRow,
    MoveBar,
    history_rows,
    history_table,
    move_bar,
)
from board.views.alert_sentence import alert_lede, alert_sentence, caveats_of
from board.views.alert_words import alert_title, describe_comparison, watch_name
from board.views.case_section import CaseSection, case_section
from board.views.catalogue import ViewNotFoundError
from board.views.evidence_over_time import EvidenceOverTime, evidence_over_time
from board.views.facts import StudyFacts
from board.views.line_listing import line_listing
from board.views.nominal import Nominal, nominal_figures
from board.views.observed import Observed, observe
from board.views.other_watches import OtherWatch, other_watches, other_watches_table
from board.views.swimmer import SwimmerPlot, build_swimmer_plot
from board.views.table import Column, ColumnKind, Table
from board.views.watched_cases import watched_cases
from board.views.wording import humanize
from monitor.state.study import ActiveWatch, Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The evidence of an alert of a watch, as of now; *caveats* are what its validity assumes."""

    arm: str
    comparison: str
    source: str
    observed: Observed
    over_time: EvidenceOverTime | None
    watches: tuple[OtherWatch, ...]
    nominal: Nominal | None
    swimmer: SwimmerPlot
    listing: Table
    watches_table: Table
    caveats: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """The page of one alert.

    *evidence* is there for an alert of a watch of the present plan, *case* for a case alert or a
    finding.  *plan_changed* states that the plan is another than when the alert was raised.
    *dictionary* is that of the term with its version, empty where the plan names none.
    """

    id: str
    revision: int
    kind: str
    level: str
    state: str
    owner: str | None
    tracked: bool
    title: str
    watch: str
    sentence: str
    lede: str
    age: AlertAge
    due: tuple[DueClock, ...]
    plan_changed: bool
    dictionary: str
    evidence: Evidence | None
    case: CaseSection | None
    history: tuple[HistoryRow, ...]
    bar: MoveBar
    tables: tuple[Table, ...]


def build(facts: StudyFacts, arguments: Mapping[str, str]) -> AlertView:
    """Return the page of the alert with the id in *arguments*.

    Raises ViewNotFoundError where the study has no such alert.
    """
    study = facts.study
    entry = register_of(study).entries.get(arguments.get("id", ""))
    if entry is None:
        raise ViewNotFoundError("The study has no such alert.")
    alert, watches = entry.alert, study.watches_by_id
    active_watch = watches.get(alert.watch) if alert.kind is AlertKind.SIGNAL else None
    evidence = None if active_watch is None else _evidence(facts, entry, active_watch, watches)
    case = None if alert.kind is AlertKind.SIGNAL else case_section(facts, entry)
    title, history = alert_title(study, alert, active_watch), history_rows(entry)
    today = data_day(facts)
    return AlertView(
        id=alert.id,
        revision=alert.revision,
        kind=alert.kind.value,
        level=alert.level,
        state=humanize(alert.state.value),
        owner=owner_of(entry),
        tracked=alert.tracked,
        title=title,
        watch=watch_name(study, alert),
        sentence=alert_sentence(alert, title, evidence and evidence.observed, active_watch, case),
        lede=alert_lede(alert, evidence and evidence.observed, active_watch, case),
        age=age_of(entry, today),
        due=due_clocks(alert, today),
        plan_changed=alert.plan_sha256 != study.plan.sha256,
        dictionary=dictionary_of(study.plan, alert.watch),
        evidence=evidence,
        case=case,
        history=history,
        bar=move_bar(study, alert),
        tables=tuple(_tables(study, alert, evidence, case, history, due_clocks(alert, today))),
    )


def _evidence(
    facts: StudyFacts,
    entry: AlertEntry,
    active_watch: ActiveWatch,
    watches: Mapping[str, ActiveWatch],
) -> Evidence | None:
    """Return the evidence of an alert; None before any data, or where nothing is counted."""
    study = facts.study
    observed = observe(study, active_watch)
    if observed is None:
        return None
    cases = watched_cases(facts, active_watch)
    over_time = evidence_over_time(facts, entry, active_watch, cases)
    others = other_watches(study, active_watch, cases, watches)
    watch = active_watch.watch
    looks = None if over_time is None else over_time.looks
    return Evidence(
        arm=watch.treatment,
        comparison=describe_comparison(watch),
        source=watch.source,
        observed=observed,
        over_time=over_time,
        watches=others,
        nominal=nominal_figures(study, active_watch, observed, looks),
        swimmer=build_swimmer_plot(study, cases),
        listing=line_listing(facts, active_watch, cases),
        watches_table=other_watches_table(others),
        caveats=caveats_of(active_watch, observed),
    )


def _tables(
    study: Study,
    alert: Alert,
    evidence: Evidence | None,
    case: CaseSection | None,
    history: tuple[HistoryRow, ...],
    clocks: tuple[DueClock, ...],
) -> list[Table]:
    tables: list[Table] = []
    if evidence is not None:
        tables += [evidence.listing, evidence.watches_table, evidence.swimmer.table]
        tables += [] if evidence.over_time is None else [evidence.over_time.table]
        tables += [] if evidence.nominal is None else [evidence.nominal.table]
    if case is not None:
        tables += [case.listing, case.versions]
    return [*tables, clocks_table(clocks), history_table(history)]


def clocks_table(clocks: tuple[DueClock, ...]) -> Table:
    """Return the reporting clocks as a table."""
    columns = (
        Column(key="clock", label="Clock"),
        Column(key="day", label="Last day", kind=ColumnKind.DAY),
        Column(key="days_left", label="Days left", kind=ColumnKind.COUNT),
        Column(key="overdue", label="Overdue"),
    )
    names = [column.key for column in columns]
    return Table(
        name="clocks",
        caption="Reporting clocks, in calendar days",
        columns=columns,
        rows=[{name: getattr(clock, name) for name in names} for clock in clocks],
    )
