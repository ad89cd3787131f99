"""The process of `tocsin run`: assembles a worker, runs it until it is stopped, reports why."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import faust

from streams.audit.access import AccessLog
from streams.audit.trails import open_audit_log
from streams.health.http_service import HttpService
from streams.health.listener import listen
from streams.health.probes import PartitionStatus, Probes
from streams.kafka.sender import KafkaSender
from streams.kafka.topics import LOG
from streams.log import LogUnreachable
from streams.log.kafka import KafkaLog
from streams.outbox.relay import OutboxRelay
from streams.processor.limits import Limits
from streams.processor.pipeline import apply_record
from streams.processor.processor import PartitionProcessor
from streams.records.signing import TRUST_ANYONE, Trust
from streams.settings import Settings
from streams.store import LIVE_SPACE, Store
from streams.worker.app import consumer_of, make_app, wait_rebalanced
from streams.worker.consumer_thread import is_transient
from streams.worker.figure_cache import FigureCache
from streams.worker.loop_guard import LoopGuard
from streams.worker.memory import return_freed_memory
from streams.worker.metrics import worker_pages
from streams.worker.owned_partition import OwnedPartition
from streams.worker.partition_count import LogGone, PartitionCount, PartitionCountChanged
from streams.worker.progress import Stalled
from streams.worker.public_errors import public_message, traceback_text
from streams.worker.worker import CHECK_SECONDS, Worker

logger = logging.getLogger("tocsin")

STOP_SECONDS = 20
"""Time for an orderly end by itself; then the process exits.  The store stays consistent."""

EXIT_FAILED = 1

POSITION_CHECK_SECONDS = 3_600
"""Time between two comparisons of all row positions with the cursors."""


@dataclass(slots=True)
class WorkerProcess:
    """A process that folds partitions into the stores of *space*.

    *store_of* returns the store of a partition.  *check_crcs* is passed to ``make_app``.
    *trust* are the keys whose signatures plans and reviews need.  *stop_reason* is why the worker
    ends by itself, and *broker_answers* whether the broker did when last asked.  *access_log*
    audits requests for the closed metrics.  Only the live space publishes alerts and dead letters.
    """

    settings: Settings
    store_of: Callable[[int], Store]
    space: str = LIVE_SPACE
    check_crcs: bool = True
    stop_reason: Exception | None = None
    broker_answers: bool = True
    trust: Trust = TRUST_ANYONE
    access_log: AccessLog = field(init=False)
    loop: asyncio.AbstractEventLoop = field(init=False)
    sender: KafkaSender = field(init=False)
    partition_count: PartitionCount = field(init=False)
    worker: Worker = field(init=False)
    figure_cache: FigureCache = field(init=False)
    app: faust.App = field(init=False)
    service: faust.Worker = field(init=False)
    stop_task: asyncio.Task[None] | None = None
    loop_guard: LoopGuard = field(default_factory=LoopGuard)

    def __post_init__(self) -> None:
        # First: objects of Faust take the event loop that is current when they are created.
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.sender = KafkaSender(self.settings.broker)
        self.access_log = AccessLog(open_audit_log(self.settings, "run"))
        self.partition_count = PartitionCount(self.settings.log_partitions)
        self.worker = Worker(self.open_partition)
        self.app = make_app(
            self.settings, self.worker, space=self.space, check_crcs=self.check_crcs
        )
        self.figure_cache = FigureCache(self.worker)
        for task in (
            self.run_cursor_checks,
            self.run_publishing,
            self.run_rebuilds,
            self.run_position_checks,
            self.figure_cache.run,
            self.run_trimming,
        ):
            self.app.task(task)

    def open_partition(self, partition: int, partition_count: int) -> OwnedPartition:
        """Create one owned partition; *partition_count* of them share the memory equally."""
        settings, store = self.settings, self.store_of(partition)
        log = KafkaLog(settings.broker, LOG, partition)
        limits = Limits(memory_bytes=(settings.memory_mib << 20) // partition_count)
        relay = None
        if self.space == LIVE_SPACE:
            # The relay reads with its own client: the processor's is at another offset, or closed.
            relay_log = KafkaLog(settings.broker, LOG, partition)
            relay = OutboxRelay(relay_log, store, self.sender, settings.alert_partitions)
        configured_count = settings.log_partitions
        fold = partial(apply_record, trust=self.trust)
        processor = PartitionProcessor(
            log,
            store,
            partition=partition,
            limits=limits,
            fold=fold,
            partition_count=configured_count,
        )
        return OwnedPartition(processor, log, store, relay)

    def run(self, on_start: Callable[[], None] = lambda: None) -> None:
        """Run until SIGTERM or SIGINT; raise the reason if the worker ends for another one.

        Raises CannotListen where a configured address is in use, and NoToken where the closed
        metrics page has no valid token; otherwise calls *on_start*.  Raises LogUnreachable where
        the broker is gone before the worker has joined its group, or while it runs.
        """
        listener = listen(self.settings.health)
        metrics_pages = worker_pages(self.settings, self.figure_cache, self.access_log.log_request)
        self.figure_cache.is_served = bool(metrics_pages)
        services = [(self.probes(), listener), *((page, page.listen()) for page in metrics_pages)]
        on_start()
        http_service = HttpService(services, self.close)
        # Faust's worker would otherwise set up a loop and logging, and show a spinner.
        self.service = faust.Worker(
            self.app,
            http_service,
            loop=self.loop,
            quiet=True,
            override_logging=False,
            redirect_stdouts=False,
        )
        self.service.spinner = None
        # A task that is cancelled at the end may raise CancelledError here; that is no failure.
        with suppress(SystemExit, asyncio.CancelledError):
            self.service.execute_from_commandline()
        self.loop_guard.stop()
        if reason := self.stop_reason or self.service.crash_reason:
            raise self.public_reason(reason)

    def public_reason(self, reason: BaseException) -> BaseException:
        """Return the exception to raise for *reason*, with Kafka's translated to LogUnreachable.

        Logs where an unexpected exception was raised, without its message: see ``public_message``.
        """
        if self.stop_reason is None and is_transient(reason):
            return LogUnreachable(f"no Kafka broker answers at {self.settings.broker} any more")
        if self.stop_reason is None:
            logger.critical(
                "the worker failed: %s\n%s", public_message(reason), traceback_text(reason)
            )
        return reason

    async def close(self) -> None:
        """Close every Kafka client: readers, audit log and sender."""
        for owned in self.worker.partitions.values():
            await owned.close()
        await self.access_log.close()
        await self.sender.close()

    def probes(self) -> Probes:
        """Return the liveness and readiness probes of this worker."""
        return Probes(
            has_joined=lambda: self.worker.joined,
            partition_statuses=self.partition_statuses,
            check_connections=self.check_services,
            lag_max=self.settings.lag_max,
        )

    async def check_services(self) -> None:
        """Raise the error of the store or of the broker, if either has one."""
        await self.store_of(0).check()
        if not self.broker_answers:
            raise LogUnreachable(f"no Kafka broker answers at {self.settings.broker}")

    def partition_statuses(self) -> Iterable[PartitionStatus]:
        """Yield the status of each owned partition."""
        for number, owned in sorted(self.worker.partitions.items()):
            yield owned.status(self.worker.lags.get(number, 0))

    async def run_cursor_checks(self) -> None:
        """Check partition count, cursors, fetches and progress every second.

        A stalled worker, a changed number of partitions and a deleted log end the worker.  The
        guard ends it where these checks do not return.
        """
        self.loop_guard.start()
        try:
            while True:
                await asyncio.sleep(CHECK_SECONDS)
                self.partition_count.check(consumer_of(self.app).partitions)
                offsets = await self.consumer_offsets()
                self.loop_guard.confirm()  # Each step has time limits of its own.
                await self.worker.check_cursors(
                    *offsets, broker_answers=self.broker_answers, rebalancing=self.app.rebalancing
                )
                self.loop_guard.confirm()
        except (Stalled, PartitionCountChanged, LogGone) as reason:
            await self.shut_down(reason)

    async def consumer_offsets(self) -> tuple[Mapping[int, int], Mapping[int, int]]:
        """Return next offset to fetch and end offset by partition; empty without an answer."""
        offsets: tuple[Mapping[int, int], Mapping[int, int]] = {}, {}
        answers = True
        try:
            offsets = await consumer_of(self.app).fetched_and_end_offsets()
        except Exception:
            answers = False
        if answers != self.broker_answers:
            self.broker_answers = answers
            logger.warning("the broker %s", "answers again" if answers else "does not answer")
        return offsets

    async def run_publishing(self) -> None:
        """Publish the outboxes for as long as the worker runs."""
        while True:
            await self.worker.publish_outboxes()

    async def run_rebuilds(self) -> None:
        """Rebuild invalid rows for as long as the worker runs, while it folds."""
        while True:
            more = await self.worker.rebuild_rows()
            await asyncio.sleep(0 if more else CHECK_SECONDS)

    async def run_position_checks(self) -> None:
        """Compare the positions of all rows with the cursors every hour."""
        while True:
            await asyncio.sleep(POSITION_CHECK_SECONDS)
            await self.worker.compare_positions()

    async def run_trimming(self) -> None:
        """Return freed memory to the system for as long as the worker runs."""
        await return_freed_memory()

    async def shut_down(self, reason: Exception) -> None:
        """Stop for *reason* as on SIGTERM; exit at once if that takes more than STOP_SECONDS."""
        self.stop_reason = reason
        logger.critical("stopping: %s", reason)
        asyncio.get_running_loop().call_later(STOP_SECONDS, os._exit, EXIT_FAILED)
        await wait_rebalanced(self.app)
        self.stop_task = asyncio.create_task(self.service.stop())
