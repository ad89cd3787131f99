"""Numbers of ProDERM's alerts: against the summaries of the watches, and recounted from the log."""

from __future__ import annotations

from math import exp, isfinite, log

import pytest
from scipy.stats import poisson

from board.views.alert import Evidence
from board.views.observed import Observed
from monitor.evidence.summary import WatchSummary, watch_summaries
from tests.board.views.alert_facts import (
    POLYMYOSITIS_ID,
    SIGNAL_ID,
    evidence_of,
    json_of,
    page_of_alert,
    proderm_facts,
)
from tests.scenarios import proderm_recount as recount
from tests.scenarios.proderm_committed import emergent_events, records, trial

RATES = {SIGNAL_ID: 1.25, POLYMYOSITIS_ID: 3.27}


def evidence(name: str) -> Evidence:
    """The evidence on the page of the alert *name*."""
    return evidence_of(page_of_alert(proderm_facts(), name))


def recounted_days(*, to_first: bool, treatment: str = "ivig") -> int:
    """Days at risk from the raw log, all or up to the first thromboembolic event on treatment."""
    last = recount.day_number(records()[-1]["date"])
    firsts: dict[str, int] = {}
    for event in emergent_events():
        if event.thromboembolic and event.treatment == treatment:
            firsts[event.subject] = min(event.onset, firsts.get(event.subject, event.onset))
    total = 0
    for subject in trial().arms:
        stop = firsts.get(subject, last) if to_first else last
        for spell in recount.spells(trial(), subject):
            if spell.treatment == treatment:
                total += max(0, min(spell.end, last + 1, stop + 1) - spell.start)
    return total


def test_the_page_shows_the_published_numbers_of_the_signal():
    """Six patients where 0.62 are expected: 9.65 times, 1.96 to 27.4 at every look, E 1,336."""
    observed = evidence(SIGNAL_ID).observed

    assert (observed.first_events, observed.events, observed.serious_events) == (6, 8, 8)
    assert (observed.control_first_events, observed.control_subjects) == (0, 48)
    assert observed.expected == pytest.approx(0.62, abs=0.005)
    assert observed.ratio == pytest.approx(9.65, abs=0.005)
    assert observed.ratio_low == pytest.approx(1.96, abs=0.005)
    assert observed.ratio_high == pytest.approx(27.4, abs=0.05)
    assert (round(observed.e_value), observed.boundary) == (1336, pytest.approx(66.7, abs=0.05))
    assert observed.level == "signal"


@pytest.mark.parametrize("name", RATES)
def test_the_numbers_are_those_of_a_recount_from_the_raw_log(name: str):
    """Patients, events, expected number and evidence come out of the lines of the log alone."""
    observed, rate = evidence(name).observed, RATES[name]
    clots = [e for e in emergent_events() if e.thromboembolic and e.treatment == "ivig"]
    years = recounted_days(to_first=True) / 365.25

    assert observed.first_events == len({event.subject for event in clots})
    assert observed.events == len(clots)
    assert observed.serious_events == sum(event.fields["serious"] for event in clots)
    assert observed.patient_years == pytest.approx(years, rel=1e-12)
    assert observed.expected == pytest.approx(years * rate / 100, rel=1e-12)
    assert observed.ratio == pytest.approx(observed.first_events / (years * rate / 100), rel=1e-6)
    last = recount.day_number(records()[-1]["date"])
    assert observed.e_value == pytest.approx(
        recount.reference_evidence(trial(), last, rate), rel=1e-9
    )
    assert observed.control_patient_years == pytest.approx(
        recounted_days(to_first=False, treatment="placebo") / 365.25, rel=1e-12
    )


@pytest.mark.parametrize("name", RATES)
def test_every_watch_on_the_page_has_the_numbers_of_its_summary(name: str):
    """The table of other watches rounds nothing, and leaves no watch of the same term out."""
    summaries = {each.watch.id: each for each in watch_summaries(proderm_facts().study)}
    rows = {row.watch: row.observed for row in evidence(name).watches}

    for watch, observed in rows.items():
        assert numbers_of(observed) == numbers_of_summary(summaries[watch]), watch
    tee = {"tee-general-population", "tee-polymyositis", "tee-randomised", "tee-as-treated"}
    assert tee <= rows.keys()


def numbers_of(observed: Observed) -> tuple[object, ...]:
    """The numbers of a watch on the page, as far as a summary has them."""
    return (
        observed.first_events,
        observed.log_e,
        observed.ratio,
        observed.ratio_low,
        observed.ratio_high,
        observed.level,
    )


def numbers_of_summary(summary: WatchSummary) -> tuple[object, ...]:
    """The same numbers of a summary; what is not finite is None."""
    low, high = summary.rate_ratio_interval
    return (
        summary.treatment_events,
        summary.log_e,
        summary.rate_ratio if isfinite(summary.rate_ratio) else None,
        low,
        high if isfinite(high) else None,
        summary.verdict.level.word,
    )


def test_watches_that_see_nothing_are_shown_with_the_reason():
    """The randomised comparison sees one of six patients: five had the event in the extension."""
    rows = {row.watch: row for row in evidence(SIGNAL_ID).watches}
    randomised = rows["tee-randomised"]
    outside = {
        event.subject
        for event in emergent_events()
        if event.thromboembolic and event.treatment == "ivig" and event.period != "first"
    }

    assert (randomised.subjects_seen, randomised.subjects) == (6 - len(outside), 6)
    assert randomised.why.startswith("5 of 6 patients had the event outside the first period")
    assert "it compares 1 on treatment with 0 on placebo" in randomised.why
    assert next(iter(rows)) == "tee-general-population"


@pytest.mark.parametrize("name", [SIGNAL_ID, POLYMYOSITIS_ID])
def test_the_lower_limit_that_decides_agrees_with_the_boundary(name: str):
    """It is above 1 exactly where the evidence is above the boundary."""
    for row in evidence(name).watches:
        observed = row.observed
        if observed.boundary is not None:
            assert observed.decision_low is not None
            assert (observed.decision_low > 1) is (observed.e_value > observed.boundary)


@pytest.mark.parametrize("name", RATES)
def test_nominal_figures_are_those_of_the_raw_counts(name: str):
    """The rate is of all events over all days; the fixed-sample p is a Poisson tail."""
    nominal, observed = evidence(name).nominal, evidence(name).observed
    assert nominal is not None
    years = recounted_days(to_first=False) / 365.25

    assert nominal.rate == pytest.approx(100 * observed.events / years, rel=1e-12)
    assert nominal.patient_years == pytest.approx(years, rel=1e-12)
    assert observed.expected is not None
    tail = float(poisson.sf(observed.first_events - 1, observed.expected))
    assert nominal.fixed_p == pytest.approx(tail, rel=1e-9)
    summary = next(
        each
        for each in watch_summaries(proderm_facts().study)
        if each.watch.id == evidence(name).watches[0].watch
    )
    assert nominal.posterior_above_1 == summary.posterior.above_1
    assert nominal.posterior_above_2 == summary.posterior.above_2
    assert nominal.posterior_median == summary.posterior.median
    assert nominal.looks == len(proderm_facts().known[summary.watch.id])


def test_evidence_over_time_is_what_the_follower_recorded():
    """Both clocks end at the evidence of now, and the rises stand where the alert rose."""
    over_time, observed = evidence(SIGNAL_ID).over_time, evidence(SIGNAL_ID).observed
    assert over_time is not None
    lines, known = over_time.lines, proderm_facts().known["tee-general-population"]

    assert [(point.position, point.log_e) for point in lines.known] == [
        (position, value) for _, position, value in known
    ]
    assert lines.known[-1].log_e == lines.occurred[-1].log_e == observed.log_e
    assert [(mark.revision, mark.level, mark.day) for mark in lines.revisions] == [
        (1, "watch", "2017-05-09"),
        (2, "signal", "2019-03-05"),
    ]
    assert lines.revisions[1].e_value == pytest.approx(308.277, rel=1e-5)
    assert log(lines.revisions[1].e_value) > log(66.66)
    assert exp(lines.known[-1].log_e) == pytest.approx(lines.known[-1].e_value)


def test_the_page_as_json_has_no_number_that_json_lacks():
    """A text of the view parses back, and infinite limits are null."""
    view = json_of(page_of_alert(proderm_facts(), SIGNAL_ID))
    randomised = next(r for r in view["evidence"]["watches"] if r["watch"] == "tee-randomised")

    assert randomised["observed"]["ratio_high"] is None
    assert view["evidence"]["observed"]["first_events"] == 6
    assert {table["name"] for table in view["tables"]} == {
        "cases", "watches", "swimmer", "trajectory", "nominal", "clocks", "history",
    }  # fmt: skip
