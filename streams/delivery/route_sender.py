"""Sends due notifications of one route of one partition, and logs them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from alerts.notification.audiences import RoutingConfig
from alerts.notification.due import Notification, due_work, firing_notifications, log_entry
from alerts.notification.notification_log import (
    NotificationEntry,
    NotificationKey,
    NotificationOutcome,
    Route,
)
from streams.delivery.alert_partition import AlertPartition
from streams.metrics import DeliveryMeter
from streams.sinks import Sink, SinkDown, SinkRefuses

RESEND_SECONDS = 60.0
RESOLVED_RESEND_SECONDS = 300.0
"""How long resolved alerts are sent again, as Prometheus does for its own."""

BACKOFF_SECONDS_MAX = 60.0

SUPERSEDED_LOGGED_MAX = 200
"""Most entries without a notification that one round logs; sending has priority."""


@dataclass(slots=True)
class Backoff:
    """Number of failures in a row, and until when (monotonic seconds) no attempt is made."""

    failures: int = 0
    until: float = float("-inf")

    def increase(self, now: float) -> None:
        """Count a failure at *now*: wait 1 s, then twice as long each time, up to 60 s."""
        self.failures += 1
        self.until = now + min(BACKOFF_SECONDS_MAX, 2.0 ** (self.failures - 1))

    def reset(self) -> None:
        """Forget all failures after a success."""
        self.failures, self.until = 0, float("-inf")


@dataclass(slots=True)
class RouteSender:
    """Sends the notifications of *route* for *alert_partition*.

    *backoff* delays the whole route after SinkDown, *backoffs* single notifications after
    SinkRefuses.  *deferred* holds notifications on which the sink went down: they may be the cause,
    so all others and the resend go first.  *resend_refused* is set if the sink refused the last
    resend.  *is_stopping* returns whether the partition is being revoked.
    """

    alert_partition: AlertPartition
    routing: RoutingConfig
    route: Route
    sink: Sink
    meter: DeliveryMeter
    is_stopping: Callable[[], bool]
    clock: Callable[[], float] = time.time
    backoff: Backoff = field(default_factory=Backoff)
    backoffs: dict[NotificationKey, Backoff] = field(default_factory=dict[NotificationKey, Backoff])
    resent_at: float = float("-inf")
    first_resent_at: dict[NotificationKey, float] = field(
        default_factory=dict[NotificationKey, float]
    )
    deferred: set[NotificationKey] = field(default_factory=set[NotificationKey])
    resend_refused: bool = False
    error: str = ""

    @property
    def unlogged(self) -> dict[NotificationKey, NotificationEntry]:
        """Entries of notifications sent on this route but not logged yet.

        Nothing else is sent before they are logged, so the next owner of the partition repeats at
        most one notification.
        """
        return self.alert_partition.unlogged.setdefault(self.route, {})

    async def send_due(self) -> None:
        """Send and log what is due as of the last read.

        A failing sink sets ``error``.  Raises Undelivered where an entry cannot be logged.
        """
        if self.alert_partition.monotonic_clock() < self.backoff.until:
            return
        await self._log_unlogged()
        work = due_work(self.alert_partition.state, self.routing, self.route, self.clock())
        due_keys = {notification.key for notification in work.send}
        self.backoffs = {key: each for key, each in self.backoffs.items() if key in due_keys}
        self.deferred &= due_keys
        first = [
            notification for notification in work.send if notification.key not in self.deferred
        ]
        last = [notification for notification in work.send if notification.key in self.deferred]
        try:
            if not await self._send_all(first):
                return
            await self._resend_firing()
            if not await self._send_all(last):
                return
        except SinkDown as error:
            self._set_failed(str(error))
            self.backoff.increase(self.alert_partition.monotonic_clock())
            return
        self.backoff.reset()
        self.error = self.error if self.backoffs or self.resend_refused else ""
        # A refused revision does not supersede the earlier revisions of its alert.
        refused_alerts = {key.alert for key in self.backoffs}
        for key, entry in [each for each in work.log_only if each[0].alert not in refused_alerts][
            :SUPERSEDED_LOGGED_MAX
        ]:
            self._add_unlogged(key, entry)
        await self._log_unlogged()

    async def _send_all(self, notifications: Sequence[Notification]) -> bool:
        """Send *notifications*; return False if the partition stops or the last read is too old."""
        for notification in notifications:
            if self.is_stopping() or not self.alert_partition.is_fresh:
                return False
            await self._send_one(notification)
        return True

    async def _send_one(self, notification: Notification) -> None:
        """Send *notification* and log it; a refused one waits for its own backoff.

        Raises SinkDown and Undelivered.
        """
        backoff = self.backoffs.get(notification.key, Backoff())
        if self.alert_partition.monotonic_clock() < backoff.until:
            return
        try:
            await self.sink.send(notification)
        except SinkDown:
            self.deferred.add(notification.key)
            raise
        except SinkRefuses as error:
            self._set_failed(str(error))
            backoff.increase(self.alert_partition.monotonic_clock())
            self.backoffs[notification.key] = backoff
            return
        self.backoffs.pop(notification.key, None)
        self.deferred.discard(notification.key)
        self.meter.count_attempt(self.route.sink, failed=False)
        self._add_unlogged(
            notification.key, log_entry(NotificationOutcome.SENT, notification.alert, self.clock())
        )
        await self._log_unlogged()

    async def _resend_firing(self) -> None:
        """Resend firing alerts at the start and once a minute, if the sink needs it."""
        now = self.alert_partition.monotonic_clock()
        if not self.sink.needs_resend or now - self.resent_at < RESEND_SECONDS:
            return
        if self.is_stopping() or not self.alert_partition.is_fresh:
            return
        notifications, self.resend_refused = list(self._notifications_to_resend(now)), False
        try:
            await self.sink.resend(notifications)
        except SinkRefuses as error:
            self.resend_refused = True
            self._set_failed(str(error))
        self.resent_at = now
        for notification in notifications:
            self.first_resent_at.setdefault(notification.key, now)

    def _notifications_to_resend(self, now: float) -> Iterator[Notification]:
        """Yield what to resend at *now*; resolved alerts only for ``RESOLVED_RESEND_SECONDS``."""
        for notification in firing_notifications(
            self.alert_partition.state, self.routing, self.route, self.clock()
        ):
            is_expired = (
                now - self.first_resent_at.get(notification.key, now) > RESOLVED_RESEND_SECONDS
            )
            if not (is_expired and notification.alert.is_closed):
                yield replace(notification, resolved=()) if is_expired else notification

    def _add_unlogged(self, key: NotificationKey, entry: NotificationEntry) -> None:
        self.alert_partition.state.notification_log.add(key, entry)
        self.unlogged[key] = entry

    async def _log_unlogged(self) -> None:
        for key, entry in list(self.unlogged.items()):
            await self.alert_partition.log_notifications({key: entry})
            self.unlogged.pop(key, None)

    def _set_failed(self, reason: str) -> None:
        self.meter.count_attempt(self.route.sink, failed=True)
        self.error = reason
