"""Finds records of days that nobody else confirms yet: they are after the as-of date."""

from __future__ import annotations

from alerts.detection.findings import DataFinding, FindingHit
from monitor.dates import iso
from monitor.fold.as_of import day_on_record, is_ahead, witness_of
from monitor.records import Record, day_of
from monitor.state.days_on_record import NO_SUBJECT
from monitor.state.study import Study

WITHOUT_SUBJECT = "(no subject)"


def find_ahead(study: Study, record: Record) -> FindingHit | None:
    """Return the finding for a folded *record* that is ahead of the as-of date, or None.

    It is reported once for each subject and day, and the alert names the first record.
    """
    if not is_ahead(study, record):
        return None
    day = day_on_record(record.body, day_of(record.known_at))
    assert day is not None
    witness = witness_of(record.body)
    subject = WITHOUT_SUBJECT if witness == NO_SUBJECT else witness
    return FindingHit(DataFinding.AHEAD_OF_STUDY, f"{subject} {iso(day)}", subject)


def receipt_day(study: Study, record: Record) -> int:
    """Return the day on which the receipt clock of *record* starts.

    That of a record that is ahead starts on the as-of date: a wrong `known_at` in the future would
    otherwise give years for an expedited report.
    """
    known_day = day_of(record.known_at)
    limit = study.plan.data_limits.no_day_after if study.latest_day is None else study.latest_day
    return min(known_day, limit)
