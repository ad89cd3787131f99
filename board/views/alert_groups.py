"""Groups alerts by what they share: the cause of a tier 1 watch, or the case that set them off."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.alert import AlertKind
from alerts.register.due_order import ordered_by_due_date
from alerts.register.grouping import heads_of_alerts
from alerts.register.history import AlertEntry
from monitor.records import AdverseEvent
from monitor.state.study import Study


def grouped_entries(study: Study, entries: Sequence[AlertEntry]) -> list[list[AlertEntry]]:
    """Return the groups of *entries* by earliest due date, then in the order of raising.

    An alert is in the group of the alert that it stands under (`heads_of_alerts`).  Of the others,
    alerts that one case set off are a group.
    """
    heads = heads_of_alerts(study, entries)
    by_id = {entry.alert.id: entry for entry in entries}
    first_of_case: dict[str, str] = {}
    for head in sorted(set(heads.values())):
        first_of_case.setdefault(by_id[head].history[0].thing, head)
    for entry in sorted(entries, key=_rank):
        alert, cause = entry.alert, entry.history[0].thing
        if alert.id in heads or alert.kind is AlertKind.FINDING or not is_case(study, cause):
            continue
        head = first_of_case.setdefault(cause, alert.id)
        if head != alert.id and alert.id not in heads.values():
            heads[alert.id] = head
    ordered = ordered_by_due_date([entry.alert for entry in entries], heads)
    groups: dict[str, list[AlertEntry]] = {}
    for alert in ordered:
        groups.setdefault(heads.get(alert.id, alert.id), []).append(by_id[alert.id])
    return list(groups.values())


def is_case(study: Study, entity_id: str) -> bool:
    """Whether *entity_id* is a case, and no plan, tick or subject's record."""
    entity = study.entities.by_id.get(entity_id)
    return entity is not None and isinstance(entity.body, AdverseEvent)


def _rank(entry: AlertEntry) -> tuple[int, str]:
    """Sort key of the alerts that one case set off: the one raised first leads."""
    return entry.history[0].line, entry.alert.id
