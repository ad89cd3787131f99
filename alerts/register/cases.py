"""Finds the cases of an alert: those that its watch counts, or those that it is about."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.alert import Alert
from monitor.plan.plan import ARMS_MAX
from monitor.records import AdverseEvent, Body
from monitor.state.study import ActiveWatch, Study


def cases_of(study: Study, alert: Alert) -> Iterator[str]:
    """Ids of the cases of the alert's watch on all arms, by onset.

    For an alert of a rule or a finding: the cases that the alert is about.
    """
    active_watch = study.watches_by_id.get(alert.watch)
    if active_watch is None:
        yield from (case_id for case_id in alert.about.split() if find_case(study, case_id))
        return
    watch = active_watch.watch
    term, period_names = study.vocabulary.number_of(watch.term), list(study.period_numbers)
    period = watch.risk_set_basis.period if watch.risk_set_basis else watch.period
    onset_by_case = {
        case_id: contribution.onset
        for case_id, entity in study.entities.by_id.items()
        if (contribution := entity.contribution)
        and term in contribution.terms
        and period in (None, period_names[contribution.period])
        and _is_in_scope(study, active_watch, entity.body, contribution.onset)
    }
    yield from sorted(onset_by_case, key=lambda case_id: (onset_by_case[case_id], case_id))


def _is_in_scope(study: Study, active_watch: ActiveWatch, body: Body, onset: int) -> bool:
    """Whether the onset is on a day that the watch counts: it may count some study days only."""
    if active_watch.first_events.own_spells is None:
        return True
    assert isinstance(body, AdverseEvent)
    number = study.get_or_add_subject(body.subject).number
    return active_watch.first_events.accepts(number, onset * ARMS_MAX)


def find_case(study: Study, case_id: str) -> AdverseEvent | None:
    """The case with the id *case_id*; None for another entity, such as the site of a finding."""
    entity = study.entities.by_id.get(case_id)
    return entity.body if entity and isinstance(entity.body, AdverseEvent) else None
