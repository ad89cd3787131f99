"""What the page of a case alert or a finding shows: why it is raised, and its cases by version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alerts.alert import Alert, AlertKind
from alerts.register.history import AlertEntry
from board.views.alert_words import finding_text, rule_text, rule_words
from board.views.facts import CaseVersion, StudyFacts
from board.views.line_listing import listing_of_ids, onset_text, severity_text
from board.views.table import Cell, Column, ColumnKind, Table
from board.views.wording import humanize
from monitor.records import AdverseEvent
from monitor.terms import is_serious
from streams.replay.result_alerts import format_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSection:
    """Why a case alert or finding is raised, in a sentence and in a few words.

    *about* are the names that it is about, *subjects* are those of its cases.
    """

    why: str
    words: str
    about: tuple[str, ...]
    subjects: tuple[str, ...]
    listing: Table
    versions: Table


def case_section(facts: StudyFacts, entry: AlertEntry) -> CaseSection:
    """Return the section of the alert of *entry*, which is no signal."""
    alert, study = entry.alert, facts.study
    case_ids = case_ids_of(facts, entry)
    listing = listing_of_ids(facts, case_ids)
    subjects = dict.fromkeys(str(row["subject"]) for row in listing.rows)
    if not subjects and alert.about in study.subjects:
        subjects = {alert.about: None}
    is_finding = alert.kind is AlertKind.FINDING
    return CaseSection(
        why=finding_text(alert) if is_finding else rule_text(study, alert),
        words="" if is_finding else rule_words(study, alert),
        about=about_names(alert),
        subjects=tuple(subjects),
        listing=listing,
        versions=_versions_table(facts, case_ids),
    )


def about_names(alert: Alert) -> tuple[str, ...]:
    """Return the names that *alert* is about: record ids stand alone, other text is one name."""
    parts = alert.about.split()
    return tuple(parts) if all("/" in part for part in parts) else (alert.about,)


def case_ids_of(facts: StudyFacts, entry: AlertEntry) -> tuple[str, ...]:
    """Return the ids of the cases that the alert is about, and of those that joined it."""
    names = [*about_names(entry.alert), *(item.thing for item in entry.history)]
    if entry.alert.kind is AlertKind.FINDING:
        names = list(about_names(entry.alert))
    by_id = facts.study.entities.by_id
    return tuple(
        name
        for name in dict.fromkeys(names)
        if name in by_id and isinstance(by_id[name].body, AdverseEvent)
    )


def _versions_table(facts: StudyFacts, case_ids: tuple[str, ...]) -> Table:
    columns = (
        Column(key="case", label="Case"),
        Column(key="version", label="Version", kind=ColumnKind.COUNT),
        Column(key="known_at", label="Known (UTC)"),
        Column(key="term", label="Event"),
        Column(key="onset", label="Onset"),
        Column(key="serious", label="Serious"),
        Column(key="severity", label="Severity", unit="grade"),
        Column(key="relatedness", label="Related"),
        Column(key="outcome", label="Outcome"),
        Column(key="action", label="Action taken"),
        Column(key="adjudications", label="Adjudication"),
        Column(key="position", label="Record", kind=ColumnKind.COUNT),
    )
    rows = [
        _version_row(case_id, version)
        for case_id in case_ids
        for version in facts.case_versions.get(case_id, ())
    ]
    return Table(
        name="versions", caption="The case, version by version", columns=columns, rows=rows
    )


def _version_row(case_id: str, version: CaseVersion) -> dict[str, Cell]:
    case = version.body
    criteria = ", ".join(humanize(each) for each in case.criteria)
    onset = case.onset if isinstance(case.onset, int) else None
    return {
        "case": case_id,
        "version": version.version,
        "known_at": format_instant(version.known_at),
        "term": case.preferred_term,
        "onset": onset_text(case, onset),
        "serious": (criteria or "yes") if is_serious(case) else "no",
        "severity": severity_text(case.severity),
        "relatedness": case.relatedness and humanize(case.relatedness),
        "outcome": case.outcome and humanize(case.outcome),
        "action": case.action_taken and humanize(case.action_taken),
        "adjudications": ", ".join(_answers(case)) or None,
        "position": version.position,
    }


def _answers(case: AdverseEvent) -> Iterator[str]:
    for name, answer in case.adjudications:
        yield f"{humanize(name)}: {answer}"
