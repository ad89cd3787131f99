"""Tests the evidence over time on the pages of alerts of screened terms."""

from __future__ import annotations

import json
import random
from datetime import date

import pytest

from alerts.register.update import register_of
from board.views.catalogue import VIEWS
from board.views.evidence_over_time import EvidenceOverTime
from monitor.evidence.evaluate import likelihood_of
from monitor.stats.e_value import log_e
from streams.records.decode import decode
from streams.replay.replay import Replay, WhatIf
from tests.board.independent.alert_counts import evidence_of_alert
from tests.board.independent.logs import BoardLog, board_log
from tests.board.independent.test_alert_counts import alerts_of_watches
from tests.board.preview import page_of

DAYS = 4


def screened_alerts(log: BoardLog) -> list[tuple[str, EvidenceOverTime, float]]:
    """Return id and evidence over time of each alert of a screened term, and log E by batch."""
    found: list[tuple[str, EvidenceOverTime, float]] = []
    for alert_id, watch in alerts_of_watches(log):
        if watch["tier"] == 2:
            view = VIEWS["alert"].build(log.facts, {"id": alert_id})
            found.append((alert_id, view.evidence.over_time, evidence_of_alert(log, watch).log_e))
    return found


def test_a_screened_term_has_its_evidence_as_it_occurred():
    """It ends with the evidence of today, against the boundary of e-BH; its rise is marked."""
    log = board_log("cdisc")
    alerts = screened_alerts(log)
    assert alerts
    study = log.facts.study
    for alert_id, over, expected in alerts:
        assert over.lines.known == () and over.looks is None, alert_id
        assert over.lines.occurred[-1].log_e == pytest.approx(expected, abs=1e-9), alert_id
        assert over.lines.boundary is not None
        assert over.lines.boundary <= study.hypotheses / study.plan.q
        (mark,) = over.lines.revisions
        assert mark.level == "signal" and over.lines.start <= mark.day <= over.lines.end
        page = page_of(log.facts, "alert", {"id": alert_id})
        assert 'data-clock="occurred"' in page and 'data-clock="known"' not in page
        assert 'class="movebar"' in page and "as it was known" not in page


def test_it_is_that_of_a_replay_with_an_onset_horizon():
    """On random days."""
    log = board_log("cdisc")
    alerts, study = screened_alerts(log), log.facts.study
    records = [decode(json.dumps(record).encode()) for record in log.count.records]
    last = study.as_of or 0
    for day in random.sample(range(last - 900, last), DAYS):
        replay = Replay(WhatIf(onsets_until=day))
        for line, record in enumerate(records, 1):
            replay.process_line(record, line)
        replay.extend_to_horizon()
        past = replay.studies[0]
        for alert_id, over, _ in alerts:
            watch = past.watches_by_id.get(register_of(study).entries[alert_id].alert.watch)
            expected = 0.0 if watch is None else log_e(likelihood_of(past, watch).log_likelihood)
            shown = [
                p.log_e for p in over.lines.occurred if date.fromisoformat(p.day).toordinal() <= day
            ]
            assert shown[-1] == pytest.approx(expected, abs=1e-9), (alert_id, day)
