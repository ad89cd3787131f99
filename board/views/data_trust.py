"""The page of data trust: how complete, how late and how doubtful the data are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log

from alerts.register.case_alerts import count_findings
from board.views.catalogue import Arguments
from board.views.delays import DelaySummary, delay_summaries
from board.views.facts import StudyFacts, Trajectory
from board.views.sites import SiteLine, site_lines
from board.views.table import Column, ColumnKind, Table, table_of_items
from monitor.dates import iso
from monitor.state.study import Study
from monitor.tables.flow import count_data_findings, count_unallocated


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A number of records or cases, and what is wrong with them."""

    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceDelay:
    """When the evidence of a watch crossed its boundary, by what is known today and as known.

    *days* is the cost of delay: days between the onset that crossed it and the signal.
    """

    watch: str
    occurred: str | None
    known: str | None
    days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTrustView:
    """The page; *behind* is how many records of the log are not folded yet."""

    sentence: str
    behind: int
    not_counted: int
    unallocated: int
    findings: int
    counts: Sequence[Count]
    delays: Sequence[DelaySummary]
    evidence_delays: Sequence[EvidenceDelay]
    sites: Sequence[SiteLine]
    tables: tuple[Table, ...]


def build(facts: StudyFacts, arguments: Arguments) -> DataTrustView:
    """Return the page of data trust of a study."""
    study, completeness = facts.study, facts.completeness
    counts = list(_counts(study))
    sites = list(site_lines(study))
    delays = list(delay_summaries(study, facts.case_versions))
    evidence = list(evidence_delays(facts))
    behind = max(0, completeness.end - completeness.position)
    return DataTrustView(
        sentence=_sentence(behind, counts, sites),
        behind=behind,
        not_counted=_count_uncounted(study),
        unallocated=count_unallocated(study),
        findings=sum(each.count for each in counts),
        counts=counts,
        delays=delays,
        evidence_delays=evidence,
        sites=sites,
        tables=(
            counts_table(counts),
            delays_table(delays),
            evidence_table(evidence),
            sites_table(sites),
        ),
    )


def evidence_delays(facts: StudyFacts) -> Iterator[EvidenceDelay]:
    """Yield each tier 1 watch whose evidence has crossed its boundary on either clock."""
    for watch in facts.study.plan.watches:
        if watch.tier != 1:
            continue
        boundary = log(watch.signal_level(facts.study.plan.alpha))
        known = first_crossing(facts.known.get(watch.id, ()), boundary)
        occurred = first_crossing(facts.occurred(watch.id), boundary)
        if known is None and occurred is None:
            continue
        yield EvidenceDelay(
            watch=watch.id,
            occurred=None if occurred is None else iso(occurred),
            known=None if known is None else iso(known),
            days=None if known is None or occurred is None else known - occurred,
        )


def first_crossing(trajectory: Trajectory, boundary: float) -> int | None:
    """Return the first ordinal day on which log E reaches *boundary*; None where it never does."""
    return next((point.day for point in trajectory if point.log_e >= boundary), None)


def counts_table(counts: Sequence[Count]) -> Table:
    """Return the table of the counts."""
    return table_of_items(
        counts,
        Column(key="label", label="Finding"),
        Column(key="count", label="Records", kind=ColumnKind.COUNT),
        name="counts",
        caption="Findings in the data",
    )


def delays_table(delays: Sequence[DelaySummary]) -> Table:
    """Return the table of the delays."""
    number = ColumnKind.NUMBER
    return table_of_items(
        delays,
        Column(key="kind", label="From, to"),
        Column(key="cases", label="Cases", kind=ColumnKind.COUNT),
        Column(key="median", label="Median", kind=number),
        Column(key="percentile_90", label="90th percentile", kind=number),
        Column(key="longest", label="Longest", kind=ColumnKind.COUNT),
        name="delays",
        caption="Reporting and adjudication, in days",
    )


def evidence_table(delays: Sequence[EvidenceDelay]) -> Table:
    """Return the table of the crossings of a boundary."""
    day = ColumnKind.DAY
    return table_of_items(
        delays,
        Column(key="watch", label="Watch"),
        Column(key="occurred", label="As occurred", kind=day),
        Column(key="known", label="As known", kind=day),
        Column(key="days", label="Delay", kind=ColumnKind.COUNT, unit="days"),
        name="evidence-delay",
        caption="What delay cost: the boundary crossed by onset, and as known",
    )


def sites_table(sites: Sequence[SiteLine]) -> Table:
    """Return the table of the sites."""
    count, number = ColumnKind.COUNT, ColumnKind.NUMBER
    return Table(
        name="sites",
        caption="Sites",
        columns=(
            Column(key="site", label="Site"),
            Column(key="subjects", label="Subjects", kind=count),
            Column(key="person_years", label="Person-years", kind=number),
            Column(key="events", label="Events", kind=count),
            Column(key="expected", label="Expected", kind=number, unit="by the other sites"),
            Column(key="p_few", label="P(so few)", kind=number),
            Column(key="little", label="Reports too little"),
            Column(key="last_record", label="Last record", kind=ColumnKind.DAY),
            Column(key="silent", label="Silent", unit="days"),
        ),
        rows=[
            {
                "site": each.site,
                "subjects": each.subjects,
                "person_years": each.person_years,
                "events": each.events,
                "expected": each.expected,
                "p_few": each.p_few,
                "little": "yes" if each.reports_little else "",
                "last_record": each.last_record,
                "silent": each.silent_days if each.is_silent else None,
            }
            for each in sites
        ],
        note="A site is named where it reports too few events at a false discovery rate of 0.1.",
    )


def _counts(study: Study) -> Iterator[Count]:
    findings = count_data_findings(study) | count_findings(study)
    for name, count in sorted(findings.items(), key=lambda item: (-item[1], item[0])):
        yield Count(label=name.replace("_", " "), count=count)


def _count_uncounted(study: Study) -> int:
    cases = [entity for subject in study.subjects.values() for entity in subject.cases.values()]
    return sum(not entity.counted_versions for entity in cases)


def _sentence(behind: int, counts: Sequence[Count], sites: Sequence[SiteLine]) -> str:
    little = [site.site for site in sites if site.reports_little]
    silent = [site.site for site in sites if site.is_silent]
    parts = [f"{behind:,} records wait" if behind else "No record waits"]
    parts.append(f"{sum(each.count for each in counts):,} findings")
    parts.append(
        f"{', '.join(little)} report too little" if little else "no site reports too little"
    )
    parts.append(f"{', '.join(silent)} silent" if silent else "none is silent")
    return "; ".join(parts) + "."
