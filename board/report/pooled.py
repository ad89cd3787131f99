"""The open report: all subjects together, for readers who must not learn treatments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from board.report.document import Report, ReportHead, Section
from board.report.wording import interval_text
from board.views.arms import Arm
from board.views.data_trust import Count, counts_table
from board.views.facts import CaseVersion, StudyFacts
from board.views.safety.columns import pooled_column
from board.views.safety.deaths import deaths_listing
from board.views.safety.population import Population, population_of
from board.views.safety.serious import cumulative_table, listed_cases, serious_listing
from board.views.safety.standard import (
    event_tables,
    interest_tables,
    report_groups,
    subject_tables,
)
from board.views.safety.terms_tables import ReportGroup
from monitor.dates import iso
from monitor.tables.flow import count_data_findings

OPEN = "open report, all arms together"


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledStudy:
    """What an open report is made of; no field of it, or of what it holds, can name an arm.

    The position in the log is left out: it counts the board's reviews.
    """

    study: str
    title: str
    plan_sha256: str
    as_of: str
    since: int | None
    population: Population
    groups: tuple[ReportGroup, ...]
    versions: Mapping[str, Sequence[CaseVersion]]
    findings: Mapping[str, int]


def pool(facts: StudyFacts, since: int | None) -> PooledStudy:
    """Return the study without treatments; *since* is the first day of the interval."""
    study = facts.study
    return PooledStudy(
        study=study.name,
        title=study.plan.title,
        plan_sha256=study.plan.sha256,
        as_of=iso(study.as_of or 0),
        since=since,
        population=population_of(study, Arm(label="all")),
        groups=report_groups(study),
        versions=facts.case_versions,
        findings=count_data_findings(study),
    )


def open_report(pooled: PooledStudy) -> Report:
    """Return the open report of *pooled*."""
    head = ReportHead(
        study=pooled.study,
        title=pooled.title,
        zone=OPEN,
        as_of=pooled.as_of,
        since=None if pooled.since is None else iso(pooled.since),
        plan_sha256=pooled.plan_sha256,
        digest="",
    )
    return Report(head=head, sections=_sections(pooled)).with_own_digest()


def _sections(pooled: PooledStudy) -> tuple[Section, ...]:
    population, columns = pooled.population, [pooled_column(pooled.population)]
    listed = listed_cases(population, pooled.versions, pooled.since)
    return (
        Section(id="subjects", title="Subjects", tables=subject_tables(columns, columns)),
        Section(
            id="events",
            title="Adverse events",
            tables=event_tables(pooled.groups, columns),
        ),
        Section(
            id="interest",
            title="Events of interest",
            tables=interest_tables(pooled.groups, columns),
        ),
        Section(
            id="serious",
            title="Serious adverse events and deaths",
            text=(interval_text(pooled.since),),
            tables=(
                cumulative_table(columns, population),
                serious_listing(listed),
                deaths_listing(population.subjects),
            ),
        ),
        Section(
            id="data",
            title="The data",
            tables=(counts_table([Count(label=k, count=n) for k, n in pooled.findings.items()]),),
        ),
    )
