"""What is looked at record by record is all there is: a look at everything finds nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from alerts.alert import alert_id
from alerts.detection.case_rules import hits, watch_of
from alerts.detection.findings import Finding, Found, of_case
from alerts.detection.overdue import followed
from alerts.register.update import docket_of
from monitor.dates import iso
from monitor.state.study import Study
from streams.processor.pipeline import take_in
from tests.alerts.random_logs import plan, told_at


def everything(study: Study) -> Iterator[tuple[str, str]]:
    """All that is to be told of the study as it stands, by a look at all of it."""
    for hit in hits(study, study.subjects.values(), None):
        yield watch_of(hit.rule), hit.thing
    for found in all_found(study):
        yield found.finding.watch, found.about


def all_found(study: Study) -> Iterator[Found]:
    """Every finding that is true now."""
    vigil, day, limits = docket_of(study).vigil, study.as_of, study.plan.limits
    for subject in study.subjects.values():
        for thing, held in subject.cases.items():
            yield from of_case(subject, thing, held)
            if not held.counted and study.waiting(subject):
                assert thing in vigil.waiting or is_told(study, Finding.UNALLOCATED.watch, thing)
    for site, heard in vigil.heard.items():
        assert day is not None
        if day - heard >= limits.silent_site_days and site in followed(study, [site], day):
            yield Found(Finding.SILENT_SITE, f"{site} {iso(heard)}", site)
    for thing, since in vigil.waiting.items():
        assert day is not None and day - since <= limits.unallocated_days, thing


def is_told(study: Study, watch: str, about: str) -> bool:
    """Whether somebody was told, now or before."""
    return alert_id(study.name, watch, about) in docket_of(study).entries


@pytest.mark.parametrize("seed", range(60))
def test_a_look_at_everything_finds_nothing_that_was_not_told(seed: int):
    """Shortcuts save the look and never the finding, whatever comes in whatever order."""
    chance, day = Random(seed), 0
    study, _ = take_in(None, plan(1), 0)
    assert study is not None
    for offset in range(1, 100):
        day += chance.choice([0, 0, 0, 1, 2])
        record = told_at(chance, day, offset)
        take_in(study, record, offset)
        untold = [each for each in everything(study) if not is_told(study, *each)]
        assert untold == [], (offset, record)
