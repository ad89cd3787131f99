"""Shows open alerts as a list of work: what is due first, about whom, and how serious it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alerts.alert import Alert, AlertKind
from alerts.clocks import Clock
from alerts.register.cases import find_case
from monitor.dates import iso
from monitor.plan.case_rules import is_fatal
from monitor.screening_watch import split_screening_watch
from monitor.state.study import Study
from monitor.terms import is_serious
from tocsin.common.alert_name import unique_prefixes
from tocsin.display.alerts import STATE_STYLES
from tocsin.display.grid import AdaptiveGrid, Column, Grid, GridRow
from tocsin.display.wording import format_e_value, watch_text

COLUMNS = (
    Column(title="due", align_right=False),
    Column.text("term", width_min=14, shrinks_first=True),
    Column.text("subject", width_min=8, shrinks_first=True),
    Column.text("arm", width_min=6, shrinks_first=True),
    Column(title="serious", align_right=False),
    Column(title="state", align_right=False),
    Column.text("watch", drop_order=4, width_min=16, shrinks_first=True),
    Column(title="level", align_right=False, drop_order=7),
    Column(title="raised", align_right=False, drop_order=6),
    Column.text("study", drop_order=5),
    Column(title="E", drop_order=2),
    Column.text("member", drop_order=3, width_min=8, shrinks_first=True),
    Column(title="alert", align_right=False),
)
"""80 columns have room for what is due, about whom, how serious, the state and the name."""

BLINDED_COLUMNS = ("due", "term", "subject", "serious", "raised", "study")
"""What depends neither on the treatments nor on what members, who know them, have done."""


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """Of a single case its subject and seriousness; of any alert the arm, if it is known."""

    subject: str = ""
    arm: str = ""
    seriousness: str = ""


def alert_facts(study: Study | None, alert: Alert) -> AlertFacts:
    """Return the facts of *alert*; without *study*, while its row is rebuilt, what it tells."""
    if alert.kind is AlertKind.SIGNAL:
        parts = split_screening_watch(alert.watch)
        active_watch = None if study is None else study.watches_by_id.get(alert.watch)
        if parts is not None:
            return AlertFacts(arm=parts[1])
        return AlertFacts(arm="" if active_watch is None else active_watch.watch.treatment)
    if alert.kind is not AlertKind.CASE or study is None:
        return AlertFacts()
    case = find_case(study, alert.about)
    if case is None:  # A death that only a disposition tells of is about a subject.
        is_subject = alert.about in study.subjects
        return AlertFacts(alert.about, "", "fatal") if is_subject else AlertFacts()
    contribution = study.entities.by_id[alert.about].contribution
    arms = list(study.treatment_numbers)
    seriousness = "fatal" if is_fatal(case) else "yes" if is_serious(case) else "no"
    return AlertFacts(
        case.subject, "" if contribution is None else arms[contribution.treatment], seriousness
    )


def work_list(
    alerts: Sequence[Alert],
    title: str,
    facts: Mapping[str, AlertFacts],
    heads: Mapping[str, str],
    known_ids: Iterable[str] = (),
) -> AdaptiveGrid:
    """A table with one row for each alert, in the given order, with whole ids if there is room.

    Otherwise ids are shortened to prefixes that are unique among *alerts* and *known_ids*.  The
    term of an alert in *heads* is indented: it stands under another.
    """
    prefixes = unique_prefixes([*known_ids, *(alert.id for alert in alerts)])

    def rows(names: Mapping[str, str]) -> tuple[GridRow, ...]:
        return tuple(
            _row(alert, facts[alert.id], names[alert.id], "  " * (alert.id in heads))
            for alert in alerts
        )

    whole_ids = {alert.id: alert.id for alert in alerts}
    return AdaptiveGrid(Grid(title, COLUMNS, rows(whole_ids)), Grid(title, COLUMNS, rows(prefixes)))


def _row(alert: Alert, facts: AlertFacts, name: str, indent: str) -> GridRow:
    return GridRow(
        cells=(
            min((day for _, day in alert.due), default=""),
            indent + alert.term,
            facts.subject,
            facts.arm,
            facts.seriousness,
            alert.state.replace("_", " "),
            watch_text(alert),
            alert.level,
            iso(alert.as_of),
            alert.study,
            "" if alert.e_value is None else format_e_value(alert.e_value),
            alert.member or "",
            f"{name}:{alert.revision}",
        ),
        style=STATE_STYLES.get(alert.state, "dim"),
    )


def is_for_blinded(alert: Alert) -> bool:
    """Whether people who must not learn treatments may know of *alert*: only of single cases."""
    return alert.kind is AlertKind.CASE


def blinded_line(alert: Alert, facts: AlertFacts) -> dict[str, str]:
    """The cells of an alert for blinded readers: of its clocks, that of receipt alone."""
    due = dict(alert.due).get(Clock.RECEIPT.value, "")
    values = (due, alert.term, facts.subject, facts.seriousness, iso(alert.as_of), alert.study)
    return dict(zip(BLINDED_COLUMNS, values, strict=True))


def blinded_list(lines: Sequence[Mapping[str, str]], title: str) -> Grid:
    """A table of single cases in the given order, without arm, state, member or evidence."""
    columns = tuple(column for column in COLUMNS if column.title in BLINDED_COLUMNS)
    rows = [GridRow(cells=tuple(line[column.title] for column in columns)) for line in lines]
    return Grid(title, columns, tuple(rows))
