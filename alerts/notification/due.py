"""Decides what is to be sent next: from the alerts, the ledger and the hour, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from alerts.alert import AlertKind
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

FIRING_HOURS = 24
"""How long an Alertmanager rings by itself if nobody repeats it: a deliverer that is silent must
never become an all-clear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """The latest revision of an alert, for one route.

    *page* is the last revision that called somebody, *since* when that was first told here;
    *ended* are the calls before it, which an Alertmanager must end.
    """

    route: Route
    audience: Audience
    alert: PublishedAlert
    page: PublishedAlert
    first_sent_at: float
    resolved: tuple[PublishedAlert, ...] = ()

    @property
    def key(self) -> NotificationKey:
        """Its key in the ledger."""
        return NotificationKey(self.route, self.alert.id, self.alert.revision)

    def ends_at(self, now: float) -> float:
        """Until when an Alertmanager that is told at *hour* rings by itself.

        For the blinded that is a day: when members close the alert is not theirs to learn.
        """
        if self.alert.is_closed:
            return now
        return (self.first_sent_at if self.audience.is_blinded else now) + 3600 * FIRING_HOURS


@dataclass(frozen=True, slots=True, kw_only=True)
class DueWork:
    """What one route has to do: *send*, and *note* what needs no sending."""

    send: tuple[Notification, ...]
    log_only: tuple[tuple[NotificationKey, NotificationEntry], ...]


@dataclass(slots=True)
class DeliveryState:
    """All alerts and the ledger of one partition, as far as they were read."""

    alerts: dict[str, dict[int, PublishedAlert]] = field(
        default_factory=dict[str, dict[int, PublishedAlert]]
    )
    notification_log: NotificationLog = field(default_factory=NotificationLog)
    unreadable: int = 0
    uncompared: list[PublishedAlert] = field(default_factory=list[PublishedAlert])

    def add_published(self, value: bytes | None) -> None:
        """Take in what was announced; of one revision the first content is kept."""
        try:
            alert = parse_published_alert(value)
        except InvalidAlert:
            self.unreadable += 1
            return
        self.alerts.setdefault(alert.id, {}).setdefault(alert.revision, alert)
        self.uncompared.append(alert)

    def find_mismatches(self) -> Iterator[ContentMismatch]:
        """What was announced since the last comparison with other content than was told.

        The ledger must have been read after the alerts; each finding is made once.
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
        """Take in a record of the ledger."""
        record = decode_log_record(key, value)
        if record is None:
            self.unreadable += 1
        elif isinstance(record, ContentMismatch):
            self.notification_log.mismatches.add(record)
        else:
            self.notification_log.add(*record)


def due_work(state: DeliveryState, config: RoutingConfig, route: Route, now: float) -> DueWork:
    """What *route* has to do at *hour*: of each alert the latest revision, if it is not noted.

    Older revisions that were never told are superseded, so that a backlog, or a store that was
    built anew, calls nobody twice.
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
    """What an Alertmanager must be reminded of at *hour*, whether it knows it already or not.

    Alerts that were closed long ago are left out: it has forgotten them by itself.
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
    """Of each alert what the audience of *route* may hear of, if it may hear of it."""
    audience = config.audiences[route.audience]
    for revisions in state.alerts.values():
        if visible := visible_revisions(audience, revisions):
            yield visible


def count_delivered(state: DeliveryState, config: RoutingConfig) -> Counter[str]:
    """By study the alerts, findings apart, whose latest call is with every sink told at once.

    A call that a later revision replaced counts: that revision was told.  A study that has no
    audience, or none but the blinded, has no delivered signal, and so is noticed.
    """
    counts: Counter[str] = Counter()
    for revisions in state.alerts.values():
        latest = revisions[max(revisions)]
        page = max((one for one, alert in revisions.items() if alert.pages), default=0)
        routes = [
            Route(audience.name, sink)
            for audience in config.first_audiences(latest.study, latest.kind)
            if not audience.is_blinded
            for sink in audience.sinks
        ]
        logged = (page in state.notification_log.entries_of(route, latest.id) for route in routes)
        counts[latest.study] += latest.kind != AlertKind.FINDING and bool(routes) and all(logged)
    return counts


def is_long_closed(log: NotificationLog, route: Route, latest: PublishedAlert, now: float) -> bool:
    """Whether it was told so long ago that *latest* is closed that nothing can still ring."""
    sent_at = dict(log.sent_revisions(route, latest.id)).get(latest.revision)
    return sent_at is not None and now - sent_at > 3600 * (FIRING_HOURS + 1)


def latest_notification(
    log: NotificationLog, config: RoutingConfig, revisions: Revisions, route: Route, now: float
) -> Notification:
    """The latest of *revisions* as it is told on *route* at *hour*."""
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
    """The entry that says so of *alert*."""
    return NotificationEntry(outcome=outcome, logged_at=now, sha256=alert.sha256)


def has_reached_audience(
    log: NotificationLog, config: RoutingConfig, revisions: Revisions, route: Route, now: float
) -> bool:
    """Whether the alert of *revisions* has come to the audience of *route* by *hour*."""
    latest = revisions[max(revisions)]
    return any(
        route.audience == audience.name
        for first in config.first_audiences(latest.study, latest.kind)
        for audience in escalation_chain(log, config, revisions, first, now)
    )


def escalation_chain(
    log: NotificationLog, config: RoutingConfig, revisions: Revisions, first: Audience, now: float
) -> Iterator[Audience]:
    """*first*, and who was called after it, or must be by *hour*, because nobody answered.

    Whoever was called stays in the picture: later revisions come to them too.
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
    """The hour of the first notification that nobody has answered; None if all is answered.

    An answer cancels what was told before it: a report that is opened again is a new call.
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
