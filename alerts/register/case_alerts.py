"""What a record makes worth telling beside the statistics: single cases, and faults of the data.

Each is named after what it says, and rings once: after a restart, a recount, an amendment or a
correction nothing rings that is on the docket already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from alerts.alert import Alert, Kind, alert_id
from alerts.detection.affected import bears_on, sender, subject_of
from alerts.detection.case_rules import Cases, Hit, changed, hits, standing
from alerts.detection.findings import Finding, Found, is_suspect, of_case, of_dates
from alerts.register.build import case_alert, finding_alert, may_rise
from alerts.register.register import Docket
from alerts.register.update import change, docket_of, ring, rise
from monitor.dates import iso
from monitor.errors import Refusal
from monitor.fold.change import OF_SUBJECT
from monitor.records import AdverseEvent, Merge, Plan, Record, Retraction, day_of
from monitor.state.study import Study, SubjectState


def noticed(
    study: Study, docket: Docket, record: Record, line: int, before: Cases
) -> tuple[Alert, ...]:
    """What *record*, which was folded, makes worth telling.

    *before* is what the cases said that people have decided on, before it was folded.
    """
    body, vigil, day = record.body, docket.vigil, study.as_of
    if day is None:
        return ()  # There is a plan, and nothing else yet.
    if isinstance(body, OF_SUBJECT):
        subject = study.subject(body.subject)
        site, suspect = subject.site, is_suspect(study, subject, record.thing)
    else:
        site, suspect = sender(study, record), True
        if isinstance(body, Plan | Retraction | Merge):
            vigil.next_look = 0  # Limits may have moved, and who is followed where.
    if site is not None and vigil.heard.get(site) != day:
        vigil.hear(study, site, day)
    brought = vigil.look(study, day) if day >= vigil.next_look else ()
    if not (suspect or brought or before or study.plan.rules):
        return ()  # Nearly every record comes this far, and nearly none any further.
    return tuple(_noticed(study, record, line, before, brought))


def beneath(study: Study, docket: Docket, record: Record) -> Cases:
    """What the cases say that people have decided on, where *record* may bear on them."""
    alerts = (docket.entries[name].alert for name in sorted(docket.decided))
    decided = [(alert.watch, alert.about) for alert in alerts]
    if isinstance(record.body, OF_SUBJECT):
        before = study.ledger.things.get(record.thing)
        names = {subject_of(study, body) for body in (record.body, before and before.body)}
        things = study.ledger.things
        decided = [key for key in decided if subject_of(study, things[key[1]].body) in names]
    elif not isinstance(record.body, Plan | Retraction | Merge):
        return {}
    return standing(study, decided)


def _noticed(
    study: Study, record: Record, line: int, before: Cases, found: Iterable[Found]
) -> Iterator[Alert]:
    """Rules that are met, cases that have changed under a decision, then what looks wrong.

    *found* is what was found beside the cases on which the record bears.
    """
    subjects = bears_on(study, record)
    alone = record.thing if isinstance(record.body, AdverseEvent) else None
    if study.plan.rules:
        hit = hits(study, subjects, None if study.context_groups else alone)
        yield from _rung(study, record, line, hit)
    for watch, thing in changed(before, standing(study, before)) if before else ():
        name = alert_id(study.name, watch, thing)
        if (told := change(study, name, record, line)) is not None:
            yield told
    for each in sorted({*found, *_findings(study, subjects, record)}):
        if (told := _tell(study, each, record, line)) is not None:
            yield told


def _rung(study: Study, record: Record, line: int, found: Iterable[Hit]) -> Iterator[Alert]:
    """Ring for every case that meets a rule; again where its own record makes it due sooner."""
    entries = docket_of(study).entries
    for hit in sorted(found, key=lambda hit: (hit.rule.name, hit.thing)):
        alert = case_alert(study, hit, record, line)
        entry = entries.get(alert.id)
        if entry is None:
            if (told := ring(study, alert)) is not None:
                yield told
        elif hit.thing == record.thing and may_rise(alert, entry.alert):
            yield rise(study, alert)


def _findings(study: Study, subjects: Collection[SubjectState], record: Record) -> Iterator[Found]:
    """What looks wrong with the cases of *subjects*, on whom *record* bears.

    A case is looked at by itself; what is said of its subject can only have moved the dates
    around it.
    """
    vigil, body = docket_of(study).vigil, record.body
    is_case = isinstance(body, AdverseEvent)
    look = of_dates if isinstance(body, OF_SUBJECT) and not is_case else of_case
    for subject in subjects:
        for thing, held in subject.cases.items():
            if not is_case or thing == record.thing:
                if not held.counted and study.waiting(subject):
                    vigil.wait(study, thing)
                yield from look(subject, thing, held)


def wronged(study: Study, record: Record, line: int, refusal: Refusal | None) -> tuple[Alert, ...]:
    """What is told of a record that was kept out: a conflict (without *refusal*), or refused.

    A conflict is told for each version of a thing.  Refusals may come by the thousand: they are
    told once a reason and day of the study, and the dead letters name each.
    """
    if refusal is None:
        found = Found(Finding.CONFLICT, f"{record.thing} {record.version}", record.thing)
    else:
        day = day_of(record.known_at) if study.as_of is None else study.as_of
        found = Found(Finding.QUARANTINED, f"{refusal.reason} {iso(day)}", str(refusal.reason))
    told = _tell(study, found, record, line)
    return () if told is None else (told,)


def noted(study: Study) -> dict[str, int]:
    """How many findings of each kind somebody was told of."""
    alerts = (entry.alert for entry in docket_of(study).entries.values())
    found = Counter(alert.watch for alert in alerts if alert.kind is Kind.FINDING)
    return {finding.value: found[finding.watch] for finding in Finding if found[finding.watch]}


def _tell(study: Study, found: Found, record: Record, line: int) -> Alert | None:
    """Ring for a finding, unless it has rung."""
    return ring(study, finding_alert(study, found, record, line))
