"""Checks the pages of subjects, of data trust and of what changed since a review."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from board.views import data_trust, since_review, subject, subjects
from board.views.catalogue import ViewNotFoundError
from board.views.facts import EvidencePoint
from tests.board.views.test_rates import LOG, proderm


def test_every_case_of_the_log_is_on_a_page_with_its_versions():
    """The versions of all subjects' pages are the adverse event records of the log."""
    records = [json.loads(text) for text in LOG.read_text().splitlines()]
    sent = sum(each["type"] == "adverse_event" for each in records)
    names = [row.subject for row in subjects.build(proderm(), {}).subjects]
    pages = [subject.build(proderm(), {"id": name}) for name in names]
    assert len(names) == 95
    assert sum(len(case.versions) for page in pages for case in page.cases) == sent


def test_a_version_says_what_it_changed():
    """The adjudication of the stroke of P-071 came with its second version."""
    page = subject.build(proderm(), {"id": "P-071"})
    stroke = next(case for case in page.cases if case.term == "Cerebrovascular accident")
    assert (stroke.day, stroke.days_since_dose) == (199, 0)
    assert stroke.versions[1].changes == [
        "adjudications: thromboembolic pending to thromboembolic yes"
    ]
    assert page.dose_days == [0, 28, 56, 84, 112, 140, 168, 196]


def test_a_search_finds_by_site_and_by_treatment():
    """Both subjects of a site are found, and nobody for a word that is nowhere."""
    assert {row.site for row in subjects.build(proderm(), {"search": "S-34"}).subjects} == {"S-34"}
    assert not subjects.build(proderm(), {"search": "nowhere"}).subjects
    with pytest.raises(ViewNotFoundError):
        subject.build(proderm(), {"id": "P-999"})


def test_one_subject_without_events_does_not_accuse_its_site():
    """A site with a subject and no event is not named: subjects differ in their rates."""
    view = data_trust.build(proderm(), {})
    quiet = next(site for site in view.sites if site.site == "S-21")
    assert quiet.events == 0 and quiet.expected == pytest.approx(8.17, abs=0.01)
    assert not quiet.reports_little
    assert sum(site.subjects for site in view.sites) == 95


def test_the_delay_of_evidence_is_between_the_two_crossings():
    """The boundary crossed by onset on one day, and as known 37 days later, costs 37 days."""
    known = [EvidencePoint(100, 1, 0.0), EvidencePoint(137, 2, 5.0)]
    occurred = [EvidencePoint(90, -1, 1.0), EvidencePoint(100, -1, 4.3)]
    facts = replace(
        proderm(),
        known={"tee-general-population": known},
        occurred=lambda watch: occurred if watch == "tee-general-population" else (),
    )
    delays = list(data_trust.evidence_delays(facts))
    assert [each.days for each in delays] == [37]


def test_without_a_review_everything_is_new():
    """All alerts and the whole exposure are new where the board never decided."""
    view = since_review.build(proderm(), {})
    assert len(view.alerts) == 17 and all(each.is_new for each in view.alerts)
    assert view.new_cases == 680
    assert "everything is new" in view.ending


def test_against_itself_nothing_is_new():
    """With the study of now as the baseline, the page says that nothing else changed."""
    facts = replace(proderm(), baseline=lambda: proderm().study, baseline_day=737000)
    view = since_review.build(facts, {})
    assert (view.alerts, view.moved, view.new_cases) == ([], [], 0)
    assert view.sentence.endswith("nothing new.")
    assert view.ending.startswith("Nothing else changed")
