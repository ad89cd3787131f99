"""Runs worker and deliverer in one process, and captures all output that blinded people can see."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from streams.delivery.alert_partition import AlertPartition as Read
from streams.delivery.partition_delivery import PartitionDelivery
from streams.health.listener import listen, serve
from streams.health.probes import PartitionStatus, Probes
from streams.kafka.sender import Message
from streams.kafka.topics import ALERTS
from streams.metrics import DeliveryMeter, MetricsPage, build_pages
from streams.settings import Settings
from streams.worker.metrics import worker_pages
from tests.streams.list_log import ListLog
from tests.streams.list_sender import ListSender
from tests.streams.metrics.exported import NOON, MeteredWorker, log_of, without_timestamps
from tests.streams.metrics.permuted_trial import STUDY, reviews_of
from tests.streams.metrics.sinks import HTTP_SINKS, SPONSOR_SINKS, RequestRecorder, build_sinks
from tests.streams.processor.processors import single_pass

DATE = re.compile(rb"\r\nDate: [^\r]*")


class LogRecorder(logging.Handler):
    """Records every log line of the process at level INFO or above."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.name} {record.levelname} {record.getMessage()}")


@dataclass(frozen=True)
class VisibleOutput:
    """The output that blinded people see, and for comparison that of the board."""

    pages: tuple[bytes, ...]
    log_lines: tuple[str, ...]
    notifications: tuple[object, ...]
    closed_page: bytes
    board_notifications: tuple[object, ...]

    @property
    def open_output(self) -> tuple[object, ...]:
        """Return all output that blinded people see."""
        return self.pages, self.log_lines, self.notifications


@dataclass
class NotificationLogSender(ListSender):
    """Appends the entries of the notification log to the log that the deliverer reads."""

    log: ListLog = field(default_factory=ListLog)

    async def send(self, message: Message) -> int:
        self.log.append(message.value, message.key)
        return await super().send(message)


@dataclass
class WholeSystem:
    """A worker and a deliverer over the log *values*; their requests go to *recorder*.

    *visibility* is the visibility of the audience `sponsor`.
    """

    values: Sequence[bytes]
    folder: Path
    recorder: RequestRecorder
    visibility: str

    def __post_init__(self) -> None:
        self.worker = MeteredWorker([log_of(self.values, STUDY)])
        self.config, self.sinks, self.other_cluster = build_sinks(
            self.folder, self.recorder, self.visibility
        )
        self.alerts, notification_log = ListLog(), NotificationLogSender()
        self.meter = DeliveryMeter(self.sinks, clock=lambda: NOON)
        read = Read(0, self.alerts, notification_log.log, notification_log)
        self.delivery = PartitionDelivery(
            read, self.config, self.sinks, self.meter, clock=lambda: NOON
        )

    async def run(self) -> None:
        """Fold the log and deliver its alerts; then fold reviews of them, and deliver again."""
        self.delivery.start()
        await self.worker.assign_and_fold(0)
        await self.deliver_published()
        for move in reviews_of(single_pass(self.worker.logs[0])[1]):
            self.worker.logs[0].append(move, STUDY.encode())
        await self.worker.fold_to_end()
        await self.deliver_published()

    async def deliver_published(self) -> None:
        """Append the published alerts to the topic, and wait until all are delivered."""
        messages = [each for each in self.worker.setup.sender.messages if each.topic == ALERTS]
        for message in messages[self.alerts.next :]:
            self.alerts.append(message.value, message.key)
        self.delivery.wake()
        while not self.all_delivered():
            await self.delivery.alert_partition.wait_for_read(
                self.delivery.alert_partition.reads_completed
            )
            self.delivery.wake()

    def all_delivered(self) -> bool:
        """Return whether every published alert is read and no notification is due."""
        read = self.delivery.alert_partition.positions.get("alerts", 0)
        return read == self.alerts.next and self.delivery.is_idle

    async def close(self) -> None:
        """Stop the delivery and close the sinks."""
        await self.delivery.stop()
        for sink in self.sinks.values():
            await sink.close()

    async def pages(self) -> tuple[bytes, ...]:
        """Return each HTTP response to a request without a token, without timestamps."""
        (self.folder / "token").write_text("a-token-of-many-characters")
        settings = Settings(
            metrics_open="127.0.0.1:0",
            metrics_closed="127.0.0.1:0",
            metrics_token_file=str(self.folder / "token"),
        )
        worker, delivery = self.worker.setup.worker, self.delivery
        served = [
            probes_of(
                lambda: [each.status(worker.lags[n]) for n, each in worker.partitions.items()]
            ),
            probes_of(lambda: [PartitionStatus(partition=0, claimed=not delivery.error)]),
            *worker_pages(settings, self.worker.figure_cache),
            *build_pages(settings, closed_collectors=(self.meter,)),
        ]
        return tuple([response for each in served async for response in responses(each)])


def probes_of(statuses: Callable[[], Iterable[PartitionStatus]]) -> Probes:
    """Return probes of a process with the partition states *statuses*."""

    async def check() -> None: ...

    return Probes(
        has_joined=lambda: True, partition_statuses=statuses, check_connections=check, lag_max=0
    )


async def responses(page: Probes | MetricsPage) -> AsyncGenerator[bytes]:
    """Yield the raw response of *page* on each path, and on one that does not exist."""
    listener = listen("127.0.0.1:0")
    port = listener.getsockname()[1]
    runner = await serve(page, listener)
    try:
        await asyncio.sleep(0)
        for path in ("/livez", "/readyz", "/metrics", "/alerts"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            response = await reader.read()
            writer.close()
            yield path.encode() + b" " + without_timestamps(DATE.sub(b"", response))
    finally:
        await runner.cleanup()


async def capture_output(
    values: Sequence[bytes], folder: Path, recorder: RequestRecorder, visibility: str
) -> VisibleOutput:
    """Run the system over *values*, and return all that it shows."""
    recorder.requests.clear()
    log_recorder = LogRecorder()
    logging.getLogger().addHandler(log_recorder)
    try:
        system = WholeSystem(values, folder, recorder, visibility)
        await system.run()
        shown = await system.pages()
        await system.close()
    finally:
        logging.getLogger().removeHandler(log_recorder)
    requests = {
        name: [each for each in recorder.requests if each[0].split("/")[1] == name]
        for name in HTTP_SINKS
    }
    return VisibleOutput(
        pages=shown,
        log_lines=tuple(log_recorder.messages),
        notifications=(
            *(each for name in SPONSOR_SINKS for each in requests.get(name, ())),
            *system.other_cluster.messages,
        ),
        closed_page=system.worker.closed_page(),
        board_notifications=(*requests["pager"], *requests["bell"]),
    )
