"""What is looked at record by record is all there is: a look at everything finds nothing more."""

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
    """All that is to be told of the study as it stands, by a look at all of it."""
    for hit in find_rule_hits(study, study.subjects.values(), None):
        yield watch_of_rule(hit.rule), hit.case_id
    for found in all_finding_hits(study):
        yield found.finding.watch, found.about


def all_finding_hits(study: Study) -> Iterator[FindingHit]:
    """Every finding that is true now."""
    vigil, day, limits = register_of(study).overdue_tracker, study.as_of, study.plan.data_limits
    for subject in study.subjects.values():
        for thing, held in subject.cases.items():
            yield from case_findings(subject, thing, held)
            if not held.counted_versions and study.is_unallocated(subject):
                assert thing in vigil.unallocated_since or was_raised(
                    study, DataFinding.UNALLOCATED.watch, thing
                )
    for site, heard in vigil.last_record_day.items():
        assert day is not None
        if day - heard >= limits.silent_site_days and site in sites_with_active_subjects(
            study, [site], day
        ):
            yield FindingHit(DataFinding.SILENT_SITE, f"{site} {iso(heard)}", site)
    for thing, since in vigil.unallocated_since.items():
        assert day is not None and day - since <= limits.unallocated_days, thing


def was_raised(study: Study, watch: str, about: str) -> bool:
    """Whether somebody was told, now or before."""
    return alert_id(study.name, watch, about) in register_of(study).entries


@pytest.mark.parametrize("seed", range(60))
def test_a_look_at_everything_finds_nothing_that_was_not_told(seed: int):
    """Shortcuts save the look and never the finding, whatever comes in whatever order."""
    chance, day = Random(seed), 0
    study, _ = apply_record(None, plan_version(1), 0)
    assert study is not None
    for offset in range(1, 100):
        day += chance.choice([0, 0, 0, 1, 2])
        record = random_record(chance, day, offset)
        apply_record(study, record, offset)
        untold = [each for each in alerts_expected(study) if not was_raised(study, *each)]
        assert untold == [], (offset, record)
