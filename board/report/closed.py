"""The closed report: by treatment, with alerts and evidence, for the board only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from board.charts.incidence import incidence
from board.charts.volcano import volcano
from board.report.alerts import alerts_section
from board.report.document import Chart, Report, ReportHead, Section
from board.report.wording import interval_text
from board.views import data_trust, over_time, overview, rates
from board.views.arms import Arm, randomised_periods
from board.views.catalogue import ViewNotFoundError
from board.views.facts import StudyFacts
from board.views.overview import Overview
from board.views.rate_selection import selection_of
from board.views.rates import RatesView
from board.views.safety.aggregate import (
    aggregate_cases_table,
    aggregate_table,
    historical_table,
)
from board.views.safety.columns import CountColumn, randomised_columns, treatment_columns
from board.views.safety.comparison import comparison_table
from board.views.safety.deaths import deaths_listing
from board.views.safety.population import Population, population_of
from board.views.safety.serious import cumulative_table, listed_cases, serious_listing
from board.views.safety.standard import (
    event_tables,
    interest_tables,
    report_groups,
    subject_tables,
)
from board.views.table import Table
from board.views.wording import count, plural
from monitor.dates import iso
from monitor.state.study import Study
from monitor.terms import Term

CLOSED = "closed report, unblinded"


def closed_report(facts: StudyFacts, since: int | None) -> Report:
    """Return the closed report of *facts*; *since* is the first day of the interval."""
    study, complete = facts.study, facts.completeness
    head = ReportHead(
        study=study.name,
        title=study.plan.title,
        zone=CLOSED,
        as_of=iso(study.as_of or 0),
        since=None if since is None else iso(since),
        plan_sha256=complete.plan_sha256,
        digest=complete.digest,
        facts=(
            f"{count(complete.position)} {plural(complete.position, 'record')} read",
            f"latest known at {complete.known_at}",
        ),
    )
    return Report(head=head, sections=tuple(_sections(facts, since)))


def _sections(facts: StudyFacts, since: int | None) -> Iterator[Section]:
    study, view = facts.study, overview.build(facts, {})
    received, groups = treatment_columns(study), report_groups(study)
    pooled = population_of(study, Arm(label="all"))
    yield _overview_section(view)
    yield alerts_section(facts, view)
    yield Section(
        id="subjects",
        title="Subjects",
        tables=subject_tables(randomised_columns(study), received),
    )
    yield Section(
        id="events", title="Adverse events by treatment", tables=event_tables(groups, received)
    )
    yield Section(
        id="interest", title="Events of interest", tables=interest_tables(groups, received)
    )
    yield from _comparison_sections(facts, view)
    yield _over_time_section(facts)
    yield _serious_section(facts, since, received, pooled)
    trust = data_trust.build(facts, {})
    yield Section(id="data", title="The data", text=(trust.sentence,), tables=trust.tables)


def _overview_section(view: Overview) -> Section:
    return Section(
        id="overview",
        title="Where the study stands",
        text=(view.sentence, " ".join(view.lede)),
        tables=view.tables,
    )


def _comparison_sections(facts: StudyFacts, view: Overview) -> Iterator[Section]:
    """Yield the comparison of arms, and the aggregate analysis; neither without randomisation."""
    study = facts.study
    historical = historical_table(view.ladder)
    if not randomised_periods(study.plan):
        yield _aggregate_section([historical], ())
        return
    compared = [
        rates.build(facts, {"treatment": each, "all": "yes"})
        for each in study.plan.active_treatments
    ]
    yield Section(
        id="comparison",
        title="Treatments compared",
        text=[f"{view.treated.label} v {view.control.label}: {view.sentence}" for view in compared],
        charts=[_volcano(view) for view in compared if view.marks],
        tables=(comparison_table(study, selection_of(study, {})),),
        attached=[
            _renamed(view.tables[0], f"terms_{treatment}")
            for view, treatment in zip(compared, study.plan.active_treatments, strict=True)
        ],
    )
    aggregates = [aggregate_table(study, each) for each in study.plan.active_treatments]
    yield _aggregate_section([*aggregates, historical], [aggregate_cases_table(study)])


def _volcano(view: RatesView) -> Chart:
    arms = f"{view.treated.label} v {view.control.label}"
    drawn = volcano(view.marks, view.single_boundary, f"rate ratio, {arms}")
    return Chart(f"Effect by evidence, {arms}", drawn)


def _aggregate_section(tables: Sequence[Table], attached: Sequence[Table]) -> Section:
    return Section(
        id="aggregate",
        title="Aggregate analysis, 21 CFR 312.32(c)(1)(i)(C)",
        text=(
            "A sponsor reports an aggregate analysis of specific events where it indicates that "
            "they occur more frequently in the drug treatment group than in a concurrent or "
            "historical control group. The tables show where this is so and how strong the "
            "evidence is; the decision and its 15 calendar days are the sponsor's.",
        ),
        tables=tables,
        attached=attached,
    )


def _over_time_section(facts: StudyFacts) -> Section:
    views = [
        over_time.build(facts, {"term": term.name, "kind": term.kind.value})
        for term in _watched_terms(facts)
    ]
    return Section(
        id="over-time",
        title="Watched events over time",
        text=("Cumulative incidence of the first event, with death competing.",),
        charts=[
            Chart(view.sentence, incidence(view.chart_rows, f"Incidence of {view.term}"))
            for view in views
        ],
        attached=[
            _renamed(table, f"{table.name}_{view.kind}_{view.term}")
            for view in views
            for table in view.tables
        ],
    )


def _watched_terms(facts: StudyFacts) -> Iterator[Term]:
    """Yield the terms of tier 1 watches that an event or a group of the plan has."""
    for term in dict.fromkeys(w.term for w in facts.study.plan.watches if w.tier == 1):
        try:
            over_time.term_number(facts.study, {"term": term.name, "kind": term.kind.value})
        except ViewNotFoundError:
            continue
        yield term


def _renamed(table: Table, name: str) -> Table:
    return replace(table, name=name)


def _serious_section(
    facts: StudyFacts, since: int | None, received: Sequence[CountColumn], pooled: Population
) -> Section:
    listed = listed_cases(pooled, facts.case_versions, since)
    return Section(
        id="serious",
        title="Serious adverse events and deaths",
        text=(interval_text(since),),
        tables=(
            cumulative_table(received, pooled),
            serious_listing(listed, _treatment_by_case(facts.study)),
            deaths_listing(pooled.subjects, _last_treatment_by_subject(facts.study)),
        ),
    )


def _treatment_by_case(study: Study) -> dict[str, str]:
    names = list(study.treatment_numbers)
    return {
        case_id: names[entity.treatment]
        for subject in study.subjects.values()
        for case_id, entity in subject.cases.items()
        if entity.counted_versions
    }


def _last_treatment_by_subject(study: Study) -> dict[str, str]:
    names = list(study.treatment_numbers)
    return {
        subject.name: names[subject.spells[-1].treatment]
        for subject in study.subjects.values()
        if subject.spells
    }
