"""Builds the alerts without statistical evidence: of single cases and of data findings."""

from __future__ import annotations

from typing import Any

from alerts.alert import Alert, AlertKind, alert_id
from alerts.clocks import Clock, receipt_deadline
from alerts.detection.ahead import receipt_day
from alerts.detection.case_rules import RuleHit, watch_of_rule
from alerts.detection.findings import FindingHit
from alerts.lifecycle import Move, next_state
from monitor.records import PlanRecord, Record, day_of
from monitor.state.study import Study

CASE_LEVEL, FINDING_LEVEL = "signal", "note"
"""Levels of these alerts.  A case that meets a rule is a signal; a note does not page."""


def case_alert(study: Study, hit: RuleHit, record: Record, position: int) -> Alert:
    """Build the alert for a case that meets a rule, because of *record* at *position* of the log.

    The receipt clock starts with the record that made the case meet the rule (``receipt_day``).  A
    case that meets a rule only after a plan amendment was received earlier, at a time that is not
    kept, so its alert has no receipt clock.
    """
    received = receipt_day(study, record)
    deadline = receipt_deadline(hit.case, received, expected=hit.rule.expected)
    return Alert(
        id=alert_id(study.name, watch_of_rule(hit.rule), hit.case_id),
        watch=watch_of_rule(hit.rule),
        term=hit.case.preferred_term,
        level=CASE_LEVEL,
        kind=AlertKind.CASE,
        about=hit.case_id,
        due=() if isinstance(record.body, PlanRecord) else (deadline.as_iso,),
        **_record_fields(study, record, position),
    )


def finding_alert(study: Study, hit: FindingHit, record: Record, position: int) -> Alert:
    """Build the alert for a data finding; it does not page and allows no review."""
    return Alert(
        id=alert_id(study.name, hit.finding.watch, hit.about),
        watch=hit.finding.watch,
        term=hit.term,
        level=FINDING_LEVEL,
        kind=AlertKind.FINDING,
        about=hit.about,
        pages=False,
        tracked=False,
        **_record_fields(study, record, position),
    )


def is_due_sooner(alert: Alert, previous: Alert) -> bool:
    """Whether *alert* has an earlier receipt deadline than *previous*, which is not closed."""
    new_date, old_date = (dict(each.due).get(Clock.RECEIPT) for each in (alert, previous))
    is_sooner = new_date is not None and old_date is not None and new_date < old_date
    return is_sooner and next_state(previous.state, Move.RISE) is not None


def _record_fields(study: Study, record: Record, position: int) -> dict[str, Any]:
    """The alert fields that follow from *record* at *position* of the log."""
    return {
        "revision": 1,
        "study": study.name,
        "e_value": None,
        "as_of": day_of(record.known_at) if study.as_of is None else study.as_of,
        "line": position,
        "thing": record.entity_id,
        "version": record.version,
        "plan_sha256": study.plan.sha256,
        "known_at": record.known_at,
    }
