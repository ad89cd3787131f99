"""Findings of one record: fields that were left out, and treatments that overlap others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise

from alerts.detection.affected import affected_subjects
from alerts.detection.deaths import deaths_without_case, fatal_rules, may_have_death_without_case
from alerts.detection.findings import DataFinding, FindingHit
from monitor.exposure.person_time import TreatmentInterval
from monitor.records import AdverseEvent, Merge, Record, Retraction, Treatment
from monitor.state.study import Study

OVERLAPS_MAX = 8
"""Largest number of pairs reported for one treatment, so that findings do not grow quadratically.
"""


def may_have_record_findings(study: Study, record: Record) -> bool:
    """Whether ``record_findings`` may find something: a cheap check for every record."""
    return (
        bool(record.left_out)
        or isinstance(record.body, Treatment)
        or may_have_death_without_case(study, record)
    )


def record_findings(study: Study, record: Record) -> Iterator[FindingHit]:
    """Yield the findings of the folded *record* that need no case."""
    body = record.body
    if record.left_out:
        about = f"{record.entity_id} {' '.join(record.left_out)}"
        term = body.preferred_term if isinstance(body, AdverseEvent) else record.entity_id
        yield FindingHit(DataFinding.FIELD_LEFT_OUT, about, term)
    if may_have_death_without_case(study, record) and not fatal_rules(study.plan):
        for name, death in deaths_without_case(study, affected_subjects(study, record)):
            yield FindingHit(DataFinding.DEATH_WITHOUT_CASE, name, death.preferred_term)
    if isinstance(body, Treatment | Merge | Retraction):
        only = record.entity_id if isinstance(body, Treatment) else None
        for subject in affected_subjects(study, record):
            intervals = study.treatment_intervals_of(subject)
            if len(intervals) > 1:
                for first, second in islice(_overlaps(intervals, only), OVERLAPS_MAX):
                    pair = " ".join(sorted((first.entity_id, second.entity_id)))
                    yield FindingHit(DataFinding.OVERLAPPING_TREATMENTS, pair, subject.name)


def _overlaps(
    intervals: list[TreatmentInterval], only: str | None
) -> Iterator[tuple[TreatmentInterval, TreatmentInterval]]:
    """Yield pairs of different treatments that share a day, by start: of *only* with any other.

    Without *only* each is compared with the next.  Intervals of one treatment and period are
    united, so they do not contradict each other.
    """
    pairs: Iterator[tuple[TreatmentInterval, TreatmentInterval]] = pairwise(intervals)
    if only is not None:
        own = [each for each in intervals if each.entity_id == only]
        pairs = ((min(o, each), max(o, each)) for o in own for each in intervals if each != o)
    for first, second in pairs:
        differs = (first.period, first.treatment) != (second.period, second.treatment)
        if differs and second.start < min(first.end, second.end):
            yield first, second
