"""Raises case alerts and findings: alerts that do not depend on the statistics.

The id of such an alert is computed from its content, so a restart, a recount, an amendment or a
correction does not raise a registered alert again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from alerts.alert import Alert, AlertKind, alert_id
from alerts.detection.affected import affected_cases, affected_subjects, site_of_record, subject_of
from alerts.detection.ahead import find_ahead
from alerts.detection.case_rules import (
    RuleCases,
    RuleHit,
    cases_meeting_rules,
    changed_cases,
    find_rule_hits,
    is_case_id,
    watch_of_rule,
)
from alerts.detection.deaths import (
    deaths_without_case,
    died_by_disposition,
    fatal_rules,
    may_have_death_without_case,
    says_died,
)
from alerts.detection.findings import (
    DataFinding,
    FindingHit,
    case_findings,
    date_findings,
    may_have_findings,
)
from alerts.detection.record_findings import may_have_record_findings, record_findings
from alerts.lifecycle import State
from alerts.register.build import case_alert, finding_alert, is_due_sooner
from alerts.register.history import AlertEntry
from alerts.register.register import AlertRegister
from alerts.register.update import (
    join_alert,
    open_alert,
    register_of,
    reopen_on_data_change,
    set_earlier_deadline,
)
from monitor.dates import iso
from monitor.errors import Refusal
from monitor.fold.change import SUBJECT_BODIES
from monitor.plan.case_rules import RuleTrigger
from monitor.records import (
    AdverseEvent,
    Merge,
    PlanRecord,
    Record,
    Retraction,
    day_of,
)
from monitor.state.study import Study, SubjectState


def alerts_from_record(
    study: Study, register: AlertRegister, record: Record, position: int, decided_before: RuleCases
) -> tuple[Alert, ...]:
    """The case alerts, reopened decisions and findings that follow from the folded *record*.

    *decided_before* is the result of ``decided_cases`` before *record* was folded.
    """
    body, tracker, day = record.body, register.overdue_tracker, study.as_of
    if day is not None:
        tracker.advance_to(study, day)
    elif not study.subjects:
        return ()  # So far the study has only a plan.
    if isinstance(body, SUBJECT_BODIES):
        subject = study.get_or_add_subject(body.subject)
        site, check_findings = subject.site, may_have_findings(study, subject, record.entity_id)
    else:
        site, check_findings = site_of_record(study, record), True
        if isinstance(body, PlanRecord | Retraction | Merge):
            tracker.next_check_day = 0  # Limits and followed subjects may have changed.
    if site is not None and day is not None and tracker.last_record_day.get(site) != day:
        tracker.record_site(study, site, day)
    overdue = [*tracker.check(study, day)] if day and day >= tracker.next_check_day else []
    if may_have_record_findings(study, record):
        overdue += record_findings(study, record)
    if not (check_findings or overdue or decided_before or study.plan.case_rules):
        return ()  # Fast path: nearly every record ends here.
    return tuple(_alerts_from_affected(study, record, position, decided_before, overdue))


def decided_cases(study: Study, register: AlertRegister, record: Record) -> RuleCases:
    """The cases under decided alerts that *record* may change, as far as they meet their rule.

    The result from before the fold is compared with the same cases after it (``changed_cases``).
    """
    alerts = (register.entries[name].alert for name in sorted(register.decided_case_alerts))
    decided = [(alert.watch, alert.about) for alert in alerts]
    if isinstance(record.body, SUBJECT_BODIES):
        previous = study.entities.by_id.get(record.entity_id)
        subject_ids = {
            subject_of(study, body) for body in (record.body, previous.body if previous else None)
        }
        entities = study.entities.by_id
        decided = [
            (watch, about)
            for watch, about in decided
            if (
                subject_of(study, entities[about].body)
                if is_case_id(about)
                else study.entities.surviving_subject(about)
            )
            in subject_ids
        ]
    elif not isinstance(record.body, PlanRecord | Retraction | Merge):
        return {}
    return cases_meeting_rules(study, decided)


def _alerts_from_affected(
    study: Study,
    record: Record,
    position: int,
    decided_before: RuleCases,
    overdue: Iterable[FindingHit],
) -> Iterator[Alert]:
    """Yield case alerts, then alerts reopened by changed cases, then findings.

    *overdue* are the findings that do not come from the affected cases.
    """
    subjects = affected_subjects(study, record)
    if study.plan.case_rules:
        rule_hits = find_rule_hits(study, subjects, _cases_to_check(study, record))
        deaths = _death_hits(study, subjects, record)
        yield from _alerts_from_rules(study, record, position, (*rule_hits, *deaths))
    for watch, case_id in (
        changed_cases(decided_before, cases_meeting_rules(study, decided_before))
        if decided_before
        else ()
    ):
        name = alert_id(study.name, watch, case_id)
        if (revision := reopen_on_data_change(study, name, record, position)) is not None:
            yield revision
    for each in sorted({*overdue, *_affected_findings(study, subjects, record)}):
        if (revision := _raise_finding(study, each, record, position)) is not None:
            yield revision


def _cases_to_check(study: Study, record: Record) -> set[str] | None:
    """Return the cases that *record* may make meet a rule; None for all cases that it affects.

    Rules depend on the case itself, or on a dose or another case of its subject.
    """
    cases = affected_cases(study, record)
    return None if cases is None else cases | study.context_changes


def _alerts_from_rules(
    study: Study, record: Record, position: int, rule_hits: Iterable[RuleHit]
) -> Iterator[Alert]:
    """Raise an alert for each rule hit; raise it again where its own record is due earlier."""
    entries = register_of(study).entries
    for hit in sorted(rule_hits, key=lambda hit: (hit.rule.name, hit.case_id)):
        alert = case_alert(study, hit, record, position)
        entry = entries.get(alert.id)
        death = _death_alert(study, hit) if entry is None else None
        if death is not None:
            if all(item.thing != hit.case_id for item in death.history):
                yield join_alert(study, death.alert, replace(alert, thing=hit.case_id))
        elif entry is None:
            if (revision := open_alert(study, alert)) is not None:
                yield revision
        elif _reports_same(record, hit) and is_due_sooner(alert, entry.alert):
            yield set_earlier_deadline(study, alert)


def _reports_same(record: Record, hit: RuleHit) -> bool:
    """Whether *record* is the case of *hit* itself, or states the death that the case states."""
    return hit.case_id == record.entity_id or (
        is_case_id(hit.case_id) and hit.rule.trigger is RuleTrigger.FATAL and says_died(record.body)
    )


def _death_hits(
    study: Study, subjects: Collection[SubjectState], record: Record
) -> Iterator[RuleHit]:
    """Yield a hit of the rule `fatal` for each death that only a disposition tells of.

    Where *record* is a disposition and a case tells of the death too, yield the case: the death may
    have been received with the disposition first.
    """
    rules = fatal_rules(study.plan)
    if isinstance(record.body, PlanRecord) or may_have_death_without_case(study, record):
        for rule in rules:
            for name, death in deaths_without_case(study, subjects):
                yield RuleHit(rule, name, death)
    if rules and says_died(record.body):
        hits = find_rule_hits(study, subjects, None)
        yield from (hit for hit in hits if hit.rule in rules)


def _death_alert(study: Study, hit: RuleHit) -> AlertEntry | None:
    """The open alert about the death of the subject of the fatal case in *hit*, told before it.

    A closed one is returned only where the case has joined it.
    """
    if hit.rule.trigger is not RuleTrigger.FATAL or not is_case_id(hit.case_id):
        return None
    entries, watch = register_of(study).entries, watch_of_rule(hit.rule)
    for name in died_by_disposition(study.get_or_add_subject(hit.case.subject)):
        entry = entries.get(alert_id(study.name, watch, name))
        if entry is not None and (
            entry.alert.state is not State.CLOSED
            or any(item.thing == hit.case_id for item in entry.history)
        ):
            return entry
    return None


def _affected_findings(
    study: Study, subjects: Collection[SubjectState], record: Record
) -> Iterator[FindingHit]:
    """Yield the findings in the cases of *subjects*, whom *record* affects.

    An adverse event is checked alone.  Another record about a subject can only change the dates
    around its cases, so only ``date_findings`` apply, to cases that are not counted.  A retraction
    or merge of an entity of a subject does both.
    """
    tracker, own_cases = register_of(study).overdue_tracker, affected_cases(study, record)
    for subject in subjects:
        own = subject.cases if own_cases is None else own_cases & subject.cases.keys()
        is_case = isinstance(record.body, AdverseEvent)
        others = () if own_cases is None or is_case else subject.uncounted_cases
        unallocated = study.is_unallocated(subject)
        for case_id in {*own, *others}:
            entity = subject.cases[case_id]
            if unallocated and not entity.counted_versions:
                tracker.record_unallocated(study, case_id)
            yield from (case_findings if case_id in own else date_findings)(
                subject, case_id, entity
            )


def alerts_from_day(study: Study, record: Record, position: int) -> tuple[Alert, ...]:
    """The finding for a *record* that is not refused and is ahead of the as-of date."""
    hit = find_ahead(study, record)
    revision = None if hit is None else _raise_finding(study, hit, record, position)
    return () if revision is None else (revision,)


def alerts_from_refusal(
    study: Study, record: Record, position: int, refusal: Refusal | None
) -> tuple[Alert, ...]:
    """The finding for a record that was not folded: a conflict (*refusal* is None) or a refusal.

    A conflict is reported once for each version of an entity.  Refusals can be very many: they
    are reported once for each reason and study day, and the dead letters list each record.
    """
    if refusal is None:
        hit = FindingHit(
            DataFinding.CONFLICT, f"{record.entity_id} {record.version}", record.entity_id
        )
    else:
        day = day_of(record.known_at) if study.as_of is None else study.as_of
        hit = FindingHit(
            DataFinding.QUARANTINED, f"{refusal.reason} {iso(day)}", str(refusal.reason)
        )
    revision = _raise_finding(study, hit, record, position)
    return () if revision is None else (revision,)


def count_findings(study: Study) -> dict[str, int]:
    """Count the registered findings by kind."""
    alerts = (entry.alert for entry in register_of(study).entries.values())
    counts = Counter(alert.watch for alert in alerts if alert.kind is AlertKind.FINDING)
    return {
        finding.value: counts[finding.watch] for finding in DataFinding if counts[finding.watch]
    }


def _raise_finding(study: Study, hit: FindingHit, record: Record, position: int) -> Alert | None:
    """Raise the alert of a finding; None where it is already registered."""
    return open_alert(study, finding_alert(study, hit, record, position))
