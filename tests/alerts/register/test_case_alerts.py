"""Checking record by record raises every alert that a check of the whole study would raise."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from alerts.alert import alert_id
from alerts.detection.case_rules import find_rule_hits, watch_of_rule
from alerts.detection.findings import DataFinding, FindingHit, case_findings
from alerts.detection.overdue import sites_with_active_subjects
from alerts.register.update import register_of
from monitor.dates import iso
from monitor.state.study import Study
from streams.processor.pipeline import apply_record
from tests.alerts.random_logs import plan_version, random_record


def alerts_expected(study: Study) -> Iterator[tuple[str, str]]:
    """Watch and subject of every case alert and finding, by a check of the whole study."""
    for hit in find_rule_hits(study, study.subjects.values(), None):
        yield watch_of_rule(hit.rule), hit.case_id
    for hit in all_finding_hits(study):
        yield hit.finding.watch, hit.about


def all_finding_hits(study: Study) -> Iterator[FindingHit]:
    """Every data finding that is true now."""
    tracker, day, limits = register_of(study).overdue_tracker, study.as_of, study.plan.data_limits
    for subject in study.subjects.values():
        for case_id, stored_case in subject.cases.items():
            yield from case_findings(subject, case_id, stored_case)
            if not stored_case.counted_versions and study.is_unallocated(subject):
                assert case_id in tracker.unallocated_since or was_raised(
                    study, DataFinding.UNALLOCATED.watch, case_id
                )
    for site, last_day in tracker.last_record_day.items():
        assert day is not None
        if day - last_day >= limits.silent_site_days and site in sites_with_active_subjects(
            study, [site], day
        ):
            yield FindingHit(DataFinding.SILENT_SITE, f"{site} {iso(last_day)}", site)
    for case_id, since in tracker.unallocated_since.items():
        assert day is not None and day - since <= limits.unallocated_days, case_id


def was_raised(study: Study, watch: str, about: str) -> bool:
    """Whether the alert was raised, now or before."""
    return alert_id(study.name, watch, about) in register_of(study).entries


@pytest.mark.parametrize("seed", range(60))
def test_a_check_of_the_whole_study_finds_only_raised_alerts(seed: int):
    """The incremental check misses no alert, in any order of the records."""
    random, day = Random(seed), 0
    study, _ = apply_record(None, plan_version(1), 0)
    assert study is not None
    for offset in range(1, 100):
        day += random.choice([0, 0, 0, 1, 2])
        record = random_record(random, day, offset)
        apply_record(study, record, offset)
        missing = [each for each in alerts_expected(study) if not was_raised(study, *each)]
        assert missing == [], (offset, record)
