"""Delivers the alerts of one partition: one task reads, and one task for each route sends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from alerts.notification.audiences import RoutingConfig
from alerts.notification.due import due_work
from alerts.notification.notification_log import Route
from streams.delivery.alert_partition import AlertPartition
from streams.delivery.route_sender import RouteSender
from streams.kafka.sender import Undelivered
from streams.log import LogUnreachable
from streams.metrics import DeliveryMeter
from streams.sinks import Sink

POLL_SECONDS = 1.0
"""Longest wait between two reads of both topics without a wake-up."""

STOP_SECONDS_MAX = 8.0
"""Longest wait for a notification that is being sent, before its task is cancelled."""

log = logging.getLogger("tocsin.deliver")


@dataclass(slots=True)
class PartitionDelivery:
    """Delivers the alerts of *alert_partition* from its assignment until its revocation.

    Each route has its own task, so a sink that blocks delays no other.  With *log_all_sinks* every
    failing sink is logged; otherwise only sinks of blinded audiences, since the failure of another
    sink would reveal that an alert exists.
    """

    alert_partition: AlertPartition
    routing: RoutingConfig
    sinks: Mapping[str, Sink]
    meter: DeliveryMeter
    clock: Callable[[], float]
    log_all_sinks: bool = False
    error: str = "its topics are being read"
    stopped: bool = False
    route_senders: list[RouteSender] = field(default_factory=list[RouteSender])
    tasks: list[asyncio.Task[None]] = field(default_factory=list["asyncio.Task[None]"])
    wake_event: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> None:
        """Start the read task, and a send task for each route."""
        self.route_senders = [self.create_route_sender(route) for route in self.routing.routes]
        # An earlier read may be from before another deliverer's last notification.
        reads_before = self.alert_partition.reads_completed
        coroutines = [
            self._read_loop(),
            *(self._send_loop(route_sender, reads_before) for route_sender in self.route_senders),
        ]
        self.tasks = [asyncio.create_task(run) for run in coroutines]

    @property
    def is_idle(self) -> bool:
        """Whether no notification is due and none is unlogged, as of the last read."""
        now, state = self.clock(), self.alert_partition.state
        works = [due_work(state, self.routing, each.route, now) for each in self.route_senders]
        unlogged = any(each.unlogged for each in self.route_senders)
        return not unlogged and not any(work.send or work.log_only for work in works)

    def create_route_sender(self, route: Route) -> RouteSender:
        """Create the sender of *route*."""
        return RouteSender(
            self.alert_partition,
            self.routing,
            route,
            self.sinks[route.sink],
            self.meter,
            is_stopping=lambda: self.stopped,
            clock=self.clock,
        )

    def wake(self) -> None:
        """Make the read task read now."""
        self.wake_event.set()

    async def stop(self) -> None:
        """Complete and log what is being sent, then end all tasks.

        A task that takes longer than ``STOP_SECONDS_MAX`` is cancelled.
        """
        self.stopped = True
        self.wake_event.set()
        self.alert_partition.wake_waiters()
        if self.tasks:
            _, unfinished = await asyncio.wait(self.tasks, timeout=STOP_SECONDS_MAX)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _read_loop(self) -> None:
        while not self.stopped:
            try:
                await self.alert_partition.catch_up()
                self.meter.mark_caught_up(self.alert_partition.partition)
                self._set_error("")
            except LogUnreachable as error:
                self._set_error(str(error))
            except Undelivered as error:
                # A content mismatch cannot be logged.  Its existence reveals an alert, so only
                # the closed metrics show that the partition is not read to its end.
                if self.log_all_sinks:
                    self._set_error(str(error))
            except Exception as error:  # A defect must be reported, and not end the reading.
                self._set_error(f"{type(error).__name__}: internal error")
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self.wake_event.wait()
            self.wake_event.clear()
        self.alert_partition.wake_waiters()

    async def _send_loop(self, route_sender: RouteSender, reads_seen: int) -> None:
        while True:
            reads_seen = await self.alert_partition.wait_for_read(reads_seen)
            if self.stopped:
                return
            previous_error = route_sender.error
            try:
                await route_sender.send_due()
            except Undelivered as error:
                route_sender.error = str(error)
            except Exception as error:  # A defect on one route must not end the others.
                route_sender.error = f"{type(error).__name__}: a fault of ours"
                route_sender.backoff.increase(self.alert_partition.monotonic_clock())
            if route_sender.error != previous_error:
                self._report_route(route_sender)

    def _report_route(self, route_sender: RouteSender) -> None:
        """Export and log once that a route fails or recovers, without notification content."""
        self.meter.set_failure_reason(
            self.alert_partition.partition, route_sender.route, route_sender.error
        )
        if not (
            self.log_all_sinks or self.routing.audiences[route_sender.route.audience].is_blinded
        ):
            return
        status = (
            f"delivery fails: {route_sender.error}"
            if route_sender.error
            else "delivery works again"
        )
        route_name = f"{route_sender.route.audience}/{route_sender.route.sink}"
        log.warning(
            "partition %d, route %s: %s", self.alert_partition.partition, route_name, status
        )

    def _set_error(self, message: str) -> None:
        if message and message != self.error:
            log.warning("partition %d: cannot deliver: %s", self.alert_partition.partition, message)
        self.error = message
