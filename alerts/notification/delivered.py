"""Counts the alerts that are delivered, for the metrics of the closed zone."""

from __future__ import annotations

from collections import Counter

from alerts.alert import AlertKind
from alerts.notification.audiences import RoutingConfig
from alerts.notification.blinding import Revisions
from alerts.notification.due import DeliveryState
from alerts.notification.notification_log import NotificationLog, Route


def count_delivered(state: DeliveryState, config: RoutingConfig) -> Counter[str]:
    """Count delivered alerts by study, without findings.

    An alert is delivered when its latest page is logged on every route that is notified without
    escalation.  A superseded page counts, because a later revision was sent.  A study without an
    unblinded audience has a count of 0, which makes the missing route visible in the metrics.
    """
    counts: Counter[str] = Counter()
    for ids in state.succession.current(state.alerts):
        latest = ids[0][max(ids[0])]
        counts[latest.study] += latest.kind != AlertKind.FINDING and all(
            _is_delivered(state.notification_log, config, revisions) for revisions in ids
        )
    return counts


def _is_delivered(log: NotificationLog, config: RoutingConfig, revisions: Revisions) -> bool:
    """Whether the latest page is logged on every unblinded route without escalation, of one."""
    latest = revisions[max(revisions)]
    page = max((one for one, alert in revisions.items() if alert.pages), default=0)
    routes = [
        Route(audience.name, sink)
        for audience in config.first_audiences(latest.study, latest.kind)
        if not audience.is_blinded
        for sink in audience.sinks
    ]
    logged = (page in log.entries_of(route, latest.id) for route in routes)
    return bool(routes) and all(logged)
