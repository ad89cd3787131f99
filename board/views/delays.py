"""How long cases take to be reported and adjudicated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles

from board.views.facts import CaseVersion
from monitor.records import Adjudication, AdverseEvent, day_of
from monitor.state.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class DelaySummary:
    """Days of one kind of delay over all cases: count, median, 90th percentile and longest."""

    kind: str
    cases: int
    median: float | None
    percentile_90: float | None
    longest: int | None


def delay_summaries(
    study: Study, versions: Mapping[str, Sequence[CaseVersion]]
) -> Iterator[DelaySummary]:
    """Yield the delays from onset to first report, and from there to the adjudication."""
    active = [
        versions[case_id]
        for subject in study.subjects.values()
        for case_id in subject.cases
        if versions.get(case_id)
    ]
    yield _summary("onset to first report", map(reporting_delay, active))
    yield _summary("first report to adjudication", map(adjudication_delay, active))


def reporting_delay(versions: Sequence[CaseVersion]) -> int | None:
    """Return the days from the onset, as stated last, to the first version; None if partial."""
    onset = versions[-1].body.onset
    return day_of(versions[0].known_at) - onset if isinstance(onset, int) else None


def adjudication_delay(versions: Sequence[CaseVersion]) -> int | None:
    """Return the days from the first version to the first with an answer; None without one."""
    for version in versions:
        if is_adjudicated(version.body):
            return day_of(version.known_at) - day_of(versions[0].known_at)
    return None


def is_adjudicated(case: AdverseEvent) -> bool:
    """Whether a committee has answered a question about *case*."""
    return any(answer is not Adjudication.PENDING for _, answer in case.adjudications)


def _summary(kind: str, days: Iterable[int | None]) -> DelaySummary:
    known = sorted(day for day in days if day is not None)
    deciles = quantiles(known, n=20, method="inclusive") if len(known) > 1 else known * 20
    return DelaySummary(
        kind=kind,
        cases=len(known),
        median=deciles[9] if known else None,
        percentile_90=deciles[17] if known else None,
        longest=known[-1] if known else None,
    )
