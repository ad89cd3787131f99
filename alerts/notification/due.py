"""Decides what to send next, from the alerts, the notification log and the time alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from alerts.notification.audiences import Audience, RoutingConfig
from alerts.notification.blinding import Revisions, visible_revisions
from alerts.notification.notification_log import (
    ContentMismatch,
    NotificationEntry,
    NotificationKey,
    NotificationLog,
    NotificationOutcome,
    Route,
    decode_log_record,
)
from alerts.notification.published import InvalidAlert, PublishedAlert, parse_published_alert
from alerts.notification.succession import Succession

FIRING_HOURS = 24
"""How long an alert fires in an Alertmanager without being posted again.

An outage of the deliverer must not resolve alerts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """The latest revision of an alert, for one route.

    *page* is the latest revision that pages, or *alert* where none does.  *first_sent_at* is when
    *page* or a later revision was first sent on the route (seconds since 1970).  *resolved* are
    the earlier pages, which an Alertmanager must resolve.
    """

    route: Route
    audience: Audience
    alert: PublishedAlert
    page: PublishedAlert
    first_sent_at: float
    resolved: tuple[PublishedAlert, ...] = ()

    @property
    def key(self) -> NotificationKey:
        """Its key in the notification log."""
        return NotificationKey(self.route, self.alert.id, self.alert.revision)

    def ends_at(self, now: float) -> float:
        """Until when the alert fires in an Alertmanager, posted at *now* (seconds since 1970).

        For a blinded audience the end is fixed at first sending, so that it does not show when
        members close the alert.
        """
        if self.alert.is_closed:
            return now
        return (self.first_sent_at if self.audience.is_blinded else now) + 3600 * FIRING_HOURS


@dataclass(frozen=True, slots=True, kw_only=True)
class DueWork:
    """The notifications to send on one route, and the entries to log without sending."""

    send: tuple[Notification, ...]
    log_only: tuple[tuple[NotificationKey, NotificationEntry], ...]


@dataclass(slots=True)
class DeliveryState:
    """All alerts and the notification log of one partition, as far as they were read.

    *unreadable* counts malformed records of both topics.  *uncompared* are the published
    revisions that ``find_mismatches`` has not compared yet.
    """

    alerts: dict[str, dict[int, PublishedAlert]] = field(
        default_factory=dict[str, dict[int, PublishedAlert]]
    )
    succession: Succession = field(default_factory=Succession)
    notification_log: NotificationLog = field(default_factory=NotificationLog)
    unreadable: int = 0
    uncompared: list[PublishedAlert] = field(default_factory=list[PublishedAlert])

    def add_published(self, value: bytes | None) -> None:
        """Add a record of the alerts topic; the first content of a revision is kept."""
        try:
            alert = parse_published_alert(value)
        except InvalidAlert:
            self.unreadable += 1
            return
        self.alerts.setdefault(alert.id, {}).setdefault(alert.revision, alert)
        self.succession.add(alert)
        self.uncompared.append(alert)

    def find_mismatches(self) -> Iterator[ContentMismatch]:
        """Yield the revisions published since the last call whose content differs from the log.

        Read the notification log after the alerts before calling.  Mismatches that are already
        logged are left out.
        """
        uncompared, self.uncompared = self.uncompared, []
        for alert in uncompared:
            first_published = self.alerts[alert.id][alert.revision].sha256
            logged = self.notification_log.first_sha256.get(
                (alert.id, alert.revision), first_published
            )
            mismatch = ContentMismatch(alert.id, alert.revision, logged, alert.sha256)
            if alert.sha256 != logged and mismatch not in self.notification_log.mismatches:
                yield mismatch

    def add_log_record(self, key: bytes | None, value: bytes | None) -> None:
        """Add a record of the notification log."""
        record = decode_log_record(key, value)
        if record is None:
            self.unreadable += 1
        elif isinstance(record, ContentMismatch):
            self.notification_log.mismatches.add(record)
        else:
            self.notification_log.add(*record)


def due_work(state: DeliveryState, config: RoutingConfig, route: Route, now: float) -> DueWork:
    """The work of *route* at *now*: the latest revision of each alert, unless it is logged.

    Older revisions that are not logged become SUPERSEDED, so a backlog sends one notification for
    each alert.  *now* is in seconds since 1970.
    """
    send: list[Notification] = []
    log_only: list[tuple[NotificationKey, NotificationEntry]] = []
    for revisions in visible_alerts(state, config, route):
        latest = revisions[max(revisions)]
        logged = state.notification_log.entries_of(route, latest.id)
        if revisions.keys() <= logged.keys():
            continue
        if not has_reached_audience(state.notification_log, config, revisions, route, now):
            continue
        for revision, alert in sorted(revisions.items()):
            if revision in logged:
                continue
            key = NotificationKey(route, alert.id, revision)
            if alert is not latest:
                log_only.append((key, log_entry(NotificationOutcome.SUPERSEDED, alert, now)))
            elif config.sinks[route.sink].only_pages and not alert.pages:
                log_only.append((key, log_entry(NotificationOutcome.QUIET, alert, now)))
            else:
                send.append(
                    latest_notification(state.notification_log, config, revisions, route, now)
                )
    return DueWork(send=tuple(send), log_only=tuple(log_only))


def firing_notifications(
    state: DeliveryState, config: RoutingConfig, route: Route, now: float
) -> Iterator[Notification]:
    """Yield the notifications to post to an Alertmanager again at *now* (seconds since 1970).

    An Alertmanager resolves alerts that are not posted again.  Alerts that were closed long ago
    are left out, because none of their pages can still fire.
    """
    for revisions in visible_alerts(state, config, route):
        latest = revisions[max(revisions)]
        if not latest.tracked:
            continue
        if not has_reached_audience(state.notification_log, config, revisions, route, now):
            continue
        if latest.is_closed and is_long_closed(state.notification_log, route, latest, now):
            continue
        notification = latest_notification(state.notification_log, config, revisions, route, now)
        if notification.ends_at(now) > now or latest.is_closed:
            yield notification


def visible_alerts(
    state: DeliveryState, config: RoutingConfig, route: Route
) -> Iterator[Revisions]:
    """Yield, for each alert, the revisions that the audience of *route* may be notified of."""
    audience = config.audiences[route.audience]
    for revisions in state.succession.delivered(state.alerts):
        if visible := visible_revisions(audience, revisions):
            yield visible


def is_long_closed(log: NotificationLog, route: Route, latest: PublishedAlert, now: float) -> bool:
    """Whether the closing revision *latest* was sent so long ago that no page can still fire."""
    sent_at = dict(log.sent_revisions(route, latest.id)).get(latest.revision)
    return sent_at is not None and now - sent_at > 3600 * (FIRING_HOURS + 1)


def latest_notification(
    log: NotificationLog, config: RoutingConfig, revisions: Revisions, route: Route, now: float
) -> Notification:
    """The notification of the latest of *revisions* on *route* at *now*."""
    latest = revisions[max(revisions)]
    pages = [alert for _, alert in sorted(revisions.items()) if alert.pages]
    *resolved, page = pages or [latest]
    sent_times = [
        at for revision, at in log.sent_revisions(route, latest.id) if revision >= page.revision
    ]
    return Notification(
        route=route,
        audience=config.audiences[route.audience],
        alert=latest,
        page=page,
        first_sent_at=min(sent_times, default=now),
        resolved=tuple(resolved),
    )


def log_entry(outcome: NotificationOutcome, alert: PublishedAlert, now: float) -> NotificationEntry:
    """The log entry of *outcome* for *alert* at *now* (seconds since 1970)."""
    return NotificationEntry(outcome=outcome, logged_at=now, sha256=alert.sha256)


def has_reached_audience(
    log: NotificationLog, config: RoutingConfig, revisions: Revisions, route: Route, now: float
) -> bool:
    """Whether the audience of *route* is in an escalation chain of the alert at *now*."""
    latest = revisions[max(revisions)]
    return any(
        route.audience == audience.name
        for first in config.first_audiences(latest.study, latest.kind)
        for audience in escalation_chain(log, config, revisions, first, now)
    )


def escalation_chain(
    log: NotificationLog, config: RoutingConfig, revisions: Revisions, first: Audience, now: float
) -> Iterator[Audience]:
    """Yield *first* and each next audience that was notified or is overdue for escalation.

    An audience that was notified once stays in the chain and is sent later revisions too.
    """
    latest, audience = revisions[max(revisions)], first
    yield audience
    while audience.escalates_to:
        next_audience = config.audiences[audience.escalates_to]
        is_notified = any(
            True for sink in next_audience.sinks
            for _ in log.sent_revisions(Route(next_audience.name, sink), latest.id)
        )  # fmt: skip
        waiting_since = unacknowledged_since(log, revisions, audience)
        is_overdue = (
            waiting_since is not None and now >= waiting_since + audience.acknowledge_within
        )
        if not (is_notified or is_overdue):
            return
        audience = next_audience
        yield audience


def unacknowledged_since(
    log: NotificationLog, revisions: Revisions, audience: Audience
) -> float | None:
    """When the first unacknowledged notification was sent to *audience* (seconds since 1970).

    None where the alert is acknowledged or nothing was sent.  Notifications before the latest
    acknowledgement do not count, so a reopened alert starts a new escalation period.
    """
    if not revisions[max(revisions)].is_unacknowledged:
        return None
    acknowledged = max(
        (one for one, alert in revisions.items() if not alert.is_unacknowledged), default=0
    )
    alert = revisions[max(revisions)].id
    sent_times = [
        at
        for sink in audience.sinks
        for revision, at in log.sent_revisions(Route(audience.name, sink), alert)
        if revision > acknowledged
    ]
    return min(sent_times, default=None)
