"""Delivers the alerts of one partition: reads on, and sends each route's notices on its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from alerts.notification.audiences import Deployment
from alerts.notification.due import due
from alerts.notification.notification_log import Route
from streams.delivery.alert_partition import Desk
from streams.delivery.route_sender import Errand
from streams.kafka.sender import Undelivered
from streams.log import LogUnreachable
from streams.metrics import DeliveryMeter
from streams.sinks import Sink

POLL_SECONDS = 1.0
"""How often both topics are looked at even if nobody says that there is something new."""

PARTING_SECONDS = 8.0
"""How long what is being sent may take to end before the partition is given up."""

log = logging.getLogger("tocsin.deliver")


@dataclass(slots=True)
class Delivery:
    """The delivery of the partition of *desk*, from when it becomes ours until it is not.

    Each errand is a task: a sink that hangs holds up no other.  A *candid* one logs of every sink
    that it fails; another only of those of the blinded, since a sink fails where there is
    something to tell.
    """

    desk: Desk
    deployment: Deployment
    sinks: Mapping[str, Sink]
    meter: DeliveryMeter
    clock: Callable[[], float]
    candid: bool = False
    trouble: str = "its topics are being read"
    stopped: bool = False
    errands: list[Errand] = field(default_factory=list[Errand])
    tasks: list[asyncio.Task[None]] = field(default_factory=list["asyncio.Task[None]"])
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> None:
        """Begin."""
        self.errands = [self.errand(route) for route in self.deployment.routes]
        # What was read before now may be of when somebody else sent.
        before = self.desk.readings
        runs = [self._read_on(), *(self._run(errand, before) for errand in self.errands)]
        self.tasks = [asyncio.create_task(run) for run in runs]

    @property
    def idle(self) -> bool:
        """Whether by what was read there is nobody to tell, and nothing to note."""
        hour, standing = self.clock(), self.desk.standing
        works = [due(standing, self.deployment, each.route, hour) for each in self.errands]
        owed = any(each.owed for each in self.errands)
        return not owed and not any(work.send or work.note for work in works)

    def errand(self, route: Route) -> Errand:
        """What is to be done on *route*."""
        return Errand(
            self.desk,
            self.deployment,
            route,
            self.sinks[route.sink],
            self.meter,
            stopping=lambda: self.stopped,
            clock=self.clock,
        )

    def wake(self) -> None:
        """There is something new."""
        self.woken.set()

    async def stop(self) -> None:
        """Let what is being sent come to its end, and be noted; then send nothing more."""
        self.stopped = True
        self.woken.set()
        self.desk.release()
        if self.tasks:
            _, late = await asyncio.wait(self.tasks, timeout=PARTING_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _read_on(self) -> None:
        while not self.stopped:
            try:
                await self.desk.read()
                self.meter.is_caught_up(self.desk.partition)
                self._says("")
            except LogUnreachable as error:
                self._says(str(error))
            except Undelivered as error:
                # A finding cannot be written down, and that there is one tells of an alert.  The
                # closed page shows that the partition is not read to its end.
                if self.candid:
                    self._says(str(error))
            except Exception as error:  # A fault of ours must be said, not end the reading.
                self._says(f"{type(error).__name__}: a fault of ours")
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self.woken.wait()
            self.woken.clear()
        self.desk.release()

    async def _run(self, errand: Errand, read: int) -> None:
        while True:
            read = await self.desk.reading(read)
            if self.stopped:
                return
            before = errand.trouble
            try:
                await errand.round()
            except Undelivered as error:
                errand.trouble = str(error)
            except Exception as error:  # A fault of ours in one errand must not end the others.
                errand.trouble = f"{type(error).__name__}: a fault of ours"
                errand.rest.longer(self.desk.steady())
            if errand.trouble != before:
                self._report(errand)

    def _report(self, errand: Errand) -> None:
        """Say once that a sink does not take notices, or does again; nothing of what they say."""
        self.meter.stands(self.desk.partition, errand.route, errand.trouble)
        if not (self.candid or self.deployment.audiences[errand.route.audience].blinded):
            return
        how = f"is not delivered to: {errand.trouble}" if errand.trouble else "takes notices again"
        where = f"{errand.route.audience}/{errand.route.sink}"
        log.warning("partition %d, %s %s", self.desk.partition, where, how)

    def _says(self, trouble: str) -> None:
        if trouble and trouble != self.trouble:
            log.warning("partition %d is not delivered: %s", self.desk.partition, trouble)
        self.trouble = trouble
