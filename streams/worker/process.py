"""Puts a live worker together, runs it until it is told to stop, and says how it ended."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import faust

from streams.audit.access import Reads
from streams.audit.trails import audit_log
from streams.health.http_service import Around
from streams.health.listener import listen
from streams.health.probes import Condition, Health
from streams.kafka.sender import KafkaSender
from streams.kafka.topics import LOG
from streams.log import LogUnreachable
from streams.log.kafka import KafkaLog
from streams.outbox.relay import Relay
from streams.processor import Lane, Limits
from streams.processor.pipeline import take_in
from streams.records.signing import OPEN, Trust
from streams.settings import Settings
from streams.store import LIVE, Store
from streams.worker.app import consumer_of, make_app, rebalanced
from streams.worker.consumer_thread import passing
from streams.worker.figure_cache import Survey
from streams.worker.metrics import worker_pages
from streams.worker.owned_partition import Held
from streams.worker.partition_count import LogGone, OtherPartitions, Partitions
from streams.worker.progress import Stalled
from streams.worker.public_errors import told, traced
from streams.worker.worker import TURN_SECONDS, Worker

logger = logging.getLogger("tocsin")

STOP_SECONDS = 20
"""A worker that ends by itself and does not come to an end is ended: its state is safe."""

FAILED = 1

AUDIT_SECONDS = 3_600


@dataclass(slots=True)
class Live:
    """A worker of *space*, whose partitions are kept in the *stores* of that space.

    *trust* says whose plans count.  *ended* is why it ended by itself, *answered* whether the
    broker did, when last asked; *reads* notes who asks for closed numbers.  Only the live space
    tells anybody anything.
    """

    settings: Settings
    stores: Callable[[int], Store]
    space: str = LIVE
    check_crcs: bool = True
    ended: Exception | None = None
    answered: bool = True
    trust: Trust = OPEN
    reads: Reads = field(init=False)
    loop: asyncio.AbstractEventLoop = field(init=False)
    sender: KafkaSender = field(init=False)
    partitions: Partitions = field(init=False)
    worker: Worker = field(init=False)
    survey: Survey = field(init=False)
    app: faust.App = field(init=False)
    service: faust.Worker = field(init=False)
    stopping: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        # First of all: what Faust makes takes the loop that is there when it is made.
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.sender = KafkaSender(self.settings.broker)
        self.reads = Reads(audit_log(self.settings, "run"))
        self.partitions = Partitions(self.settings.log_partitions)
        self.worker = Worker(self.hold)
        self.app = make_app(self.settings, self.worker, space=self.space, check=self.check_crcs)
        self.survey = Survey(self.worker)
        for task in (self.watch, self.tell, self.mend, self.audit, self.survey.run):
            self.app.task(task)

    def hold(self, partition: int, of: int) -> Held:
        """What belongs to one partition *of* so many, which share the memory."""
        settings, store = self.settings, self.stores(partition)
        log = KafkaLog(settings.broker, LOG, partition)
        limits = Limits(bytes=(settings.memory_mib << 20) // of)
        relay = None
        if self.space == LIVE:
            # A reader of its own: the lane's may be at another place, or closed.
            letters = KafkaLog(settings.broker, LOG, partition)
            relay = Relay(letters, store, self.sender, settings.alert_partitions)
        agreed = settings.log_partitions
        fold = partial(take_in, trust=self.trust)
        lane = Lane(log, store, partition=partition, limits=limits, fold=fold, partitions=agreed)
        return Held(lane, log, store, relay)

    def run(self, begun: Callable[[], None] = lambda: None) -> None:
        """Run until SIGTERM or SIGINT; raises why, if it ends for another reason.

        Raises CannotListen where an address that it serves is taken, NoToken where closed numbers
        would be anybody's; else *begun* is called.  LogUnreachable where the broker is gone before
        the group is joined, or the log while it is read.
        """
        listener = listen(self.settings.health)
        numbers = worker_pages(self.settings, self.survey, self.reads.heard)
        served = [(self.health(), listener), *((page, page.listen()) for page in numbers)]
        begun()
        around = Around(served, self.close)
        # Our own loop and logs: Faust's worker would set up both, and turn a spinner.
        self.service = faust.Worker(
            self.app,
            around,
            loop=self.loop,
            quiet=True,
            override_logging=False,
            redirect_stdouts=False,
        )
        self.service.spinner = None
        # A task that is cut off at the end may leave by its cancellation: that is no reason.
        with suppress(SystemExit, asyncio.CancelledError):
            self.service.execute_from_commandline()
        if reason := self.ended or self.service.crash_reason:
            raise self.named(reason)

    def named(self, reason: BaseException) -> BaseException:
        """The *reason* by our names; one that nobody foresaw is told with where it came from."""
        if self.ended is None and passing(reason):
            return LogUnreachable(f"no Kafka broker answers at {self.settings.broker} any more")
        if self.ended is None:
            logger.critical("it broke: %s\n%s", told(reason), traced(reason))
        return reason

    async def close(self) -> None:
        """Let go of the broker: of every reader, and of the sender."""
        for held in self.worker.held.values():
            await held.close()
        await self.reads.close()
        await self.sender.close()

    def health(self) -> Health:
        """The probes of this worker."""
        return Health(
            joined=lambda: self.worker.joined,
            conditions=self.conditions,
            check=self.check,
            lag_max=self.settings.lag_max,
        )

    async def check(self) -> None:
        """Raise what is wrong with the services."""
        await self.stores(0).check()
        if not self.answered:
            raise LogUnreachable(f"no Kafka broker answers at {self.settings.broker}")

    def conditions(self) -> Iterable[Condition]:
        """How each partition stands."""
        for number, held in sorted(self.worker.held.items()):
            yield held.condition(self.worker.lags.get(number, 0))

    async def watch(self) -> None:
        """Once a second see that the cursors are ours, that no fetch was lost, that we get on."""
        try:
            while True:
                await asyncio.sleep(TURN_SECONDS)
                self.partitions.look(consumer_of(self.app).partitions)
                await self.worker.look(*await self.bounds())
        except (Stalled, OtherPartitions, LogGone) as reason:
            await self.end(reason)

    async def bounds(self) -> tuple[Mapping[int, int], Mapping[int, int]]:
        """How far was fetched and where the log ends; nothing while the broker does not answer."""
        found: tuple[Mapping[int, int], Mapping[int, int]] = {}, {}
        answered = True
        try:
            found = await consumer_of(self.app).bounds()
        except Exception:
            answered = False
        if answered != self.answered:
            self.answered = answered
            logger.warning("the broker %s", "answers again" if answered else "does not answer")
        return found

    async def tell(self) -> None:
        """Relay what is to be told, for as long as the worker runs."""
        while True:
            await self.worker.tell()

    async def mend(self) -> None:
        """Rebuild rows that are behind, beside the folding."""
        while True:
            more = await self.worker.mend()
            await asyncio.sleep(0 if more else TURN_SECONDS)

    async def audit(self) -> None:
        """Compare rows with cursors every hour."""
        while True:
            await asyncio.sleep(AUDIT_SECONDS)
            await self.worker.audit()

    async def end(self, reason: Exception) -> None:
        """Stop as on SIGTERM; if that takes too long, at once."""
        self.ended = reason
        logger.critical("stopping: %s", reason)
        asyncio.get_running_loop().call_later(STOP_SECONDS, os._exit, FAILED)
        await rebalanced(self.app)
        self.stopping = asyncio.create_task(self.service.stop())
