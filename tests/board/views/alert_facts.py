"""Facts of small trials and of ProDERM, for the tests of the pages of alerts."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from typing import Any

import orjson

from alerts.register.update import register_of
from board.follower.case_recorder import CaseRecorder
from board.follower.from_log import completeness_of, facts_from_log
from board.follower.occurred import occurred_trajectory
from board.follower.recorder import exact_log_e
from board.views import alert
from board.views.alert import AlertView, Evidence
from board.views.facts import EvidencePoint, StudyFacts
from monitor.records import Record
from tests.monitor.trial import Trial
from tests.scenarios.proderm_committed import PRODERM_FOLDER

SIGNAL_ID = "231d3f474a5e20947a1b53ff"
"""The alert of ProDERM's watch tee-general-population."""

POLYMYOSITIS_ID = "b52370d0c48625185249771f"


@cache
def proderm_facts() -> StudyFacts:
    """The facts of ProDERM at the end of its log, with evidence on both clocks."""
    return facts_of_lines(PRODERM_FOLDER.joinpath("log.jsonl").read_bytes().splitlines())


def facts_of_lines(lines: Iterable[bytes]) -> StudyFacts:
    """The facts of the only study in *lines*, with evidence on both clocks."""
    [facts] = facts_from_log(lines)
    return facts


def facts_of_records(*records: Record) -> StudyFacts:
    """The facts of a study after *records*, as the follower notes them one by one."""
    trial, evidence, cases = Trial(), dict[str, list[EvidencePoint]](), CaseRecorder()
    for position, record in enumerate(records):
        trial.submit(record)
        study = trial.study
        cases.note_record(study, record, position)
        for watch in study.watches_by_id.values():
            if study.as_of is not None and watch.design.watch.tier != 2:
                point = EvidencePoint(study.as_of, position + 1, exact_log_e(study, watch))
                evidence.setdefault(watch.id, []).append(point)
    return StudyFacts(
        study=trial.study,
        completeness=completeness_of(trial.study, len(records)),
        known=evidence,
        occurred=partial(occurred_trajectory, trial.study),
        case_versions=cases.versions,
    )


def alert_id_of(facts: StudyFacts, watch: str, about: str = "") -> str:
    """The id of the alert of *watch* that is about *about*."""
    [found] = [
        entry.alert.id
        for entry in register_of(facts.study).entries.values()
        if (entry.alert.watch, entry.alert.about) == (watch, about)
    ]
    return found


def page_of_alert(facts: StudyFacts, alert_id: str) -> AlertView:
    """The page of the alert with *alert_id*."""
    return alert.build(facts, {"id": alert_id})


def evidence_of(view: AlertView) -> Evidence:
    """The evidence of a page that has some."""
    assert view.evidence is not None
    return view.evidence


def json_of(view: Any) -> dict[str, Any]:
    """The view as the API answers it."""
    return orjson.loads(orjson.dumps(view))
