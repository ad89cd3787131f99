"""The alerts that rest on no evidence: of one case, and of a fault of the data."""

from __future__ import annotations

from typing import Any

from alerts.alert import Alert, Kind, alert_id
from alerts.clocks import Clock, receipt_due
from alerts.detection.case_rules import Hit, watch_of
from alerts.detection.findings import Found
from alerts.lifecycle import Move, after
from monitor.records import Plan, Record, day_of
from monitor.state.study import Study

CASE_LEVEL, FINDING_LEVEL = "signal", "note"
"""One case of a rule is as loud as a signal; a finding calls nobody."""


def case_alert(study: Study, hit: Hit, record: Record, line: int) -> Alert:
    """The alert of one case that meets a rule.

    Its clock starts at the receipt of the record that made it meet the rule.  What an amendment
    makes meet a new rule was received before: when is not known any more, so no clock is shown.
    """
    due = receipt_due(hit.case, record.known_at, expected=hit.rule.expected)
    return Alert(
        id=alert_id(study.name, watch_of(hit.rule), hit.thing),
        watch=watch_of(hit.rule),
        term=hit.case.preferred_term,
        level=CASE_LEVEL,
        kind=Kind.CASE,
        about=hit.thing,
        due=() if isinstance(record.body, Plan) else (due.said,),
        **_told_by(study, record, line),
    )


def finding_alert(study: Study, found: Found, record: Record, line: int) -> Alert:
    """What the data managers are told of a finding; nobody is called, and it has no life."""
    return Alert(
        id=alert_id(study.name, found.finding.watch, found.about),
        watch=found.finding.watch,
        term=found.term,
        level=FINDING_LEVEL,
        kind=Kind.FINDING,
        about=found.about,
        pages=False,
        tracked=False,
        **_told_by(study, record, line),
    )


def may_rise(alert: Alert, known: Alert) -> bool:
    """Whether a case is due sooner, by its receipt, than was *known*, and its alert is not over."""
    now, before = (dict(each.due).get(Clock.RECEIPT) for each in (alert, known))
    is_sooner = now is not None and before is not None and now < before
    return is_sooner and after(known.state, Move.RISE) is not None


def _told_by(study: Study, record: Record, line: int) -> dict[str, Any]:
    """What every alert says of the *record* that made it, at *line* of the log."""
    return {
        "revision": 1,
        "study": study.name,
        "e_value": None,
        "as_of": day_of(record.known_at) if study.as_of is None else study.as_of,
        "line": line,
        "thing": record.thing,
        "version": record.version,
        "plan_sha256": study.plan.sha256,
        "known_at": record.known_at,
    }
