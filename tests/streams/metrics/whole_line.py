"""The whole line in one process, and every byte of it that a blinded reader can come by."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from streams.delivery.alert_partition import Desk as Read
from streams.delivery.partition_delivery import Delivery
from streams.health.listener import answering, listen
from streams.health.probes import Condition, Health
from streams.kafka.sender import Message
from streams.kafka.topics import ALERTS
from streams.metrics import DeliveryMeter, Page, pages
from streams.settings import Settings
from streams.worker.metrics import worker_pages
from tests.streams.list_log import KeptLog
from tests.streams.list_sender import Sent
from tests.streams.metrics.exported import NOON, Desk, log_of, timeless
from tests.streams.metrics.permuted_trial import STUDY, acted
from tests.streams.metrics.sinks import SINKS, SPONSOR, Post, described
from tests.streams.processor.processors import pass_of

DATE = re.compile(rb"\r\nDate: [^\r]*")


class Lines(logging.Handler):
    """Every line that anything in the process logs, from information on."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.levelname} {record.getMessage()}")


@dataclass(frozen=True)
class Visible:
    """What a blinded reader sees, and, to know that there was something to see, what others do."""

    pages: tuple[bytes, ...]
    lines: tuple[str, ...]
    notices: tuple[object, ...]
    closed: bytes
    board: tuple[object, ...]

    @property
    def open(self) -> tuple[object, ...]:
        """All that is open."""
        return self.pages, self.lines, self.notices


@dataclass
class Ledger(Sent):
    """Keeps the ledger of notifications where it is read from."""

    log: KeptLog = field(default_factory=KeptLog)

    async def send(self, message: Message) -> int:
        self.log.append(message.value, message.key)
        return await super().send(message)


@dataclass
class Line:
    """Worker and deliverer over the log *values*; all that they post goes to *post*.

    The audience `sponsor` *sees* what it is said to see.
    """

    values: Sequence[bytes]
    folder: Path
    post: Post
    sees: str

    def __post_init__(self) -> None:
        self.desk = Desk([log_of(self.values, STUDY)])
        self.plan, self.sinks, self.bus = described(self.folder, self.post, self.sees)
        self.alerts, ledger = KeptLog(), Ledger()
        self.meter = DeliveryMeter(self.sinks, clock=lambda: NOON)
        read = Read(0, self.alerts, ledger.log, ledger)
        self.delivery = Delivery(read, self.plan, self.sinks, self.meter, clock=lambda: NOON)

    async def live(self) -> None:
        """Fold the log, tell everybody; have members act on what rang; tell everybody of that."""
        self.delivery.start()
        await self.desk.fold(0)
        await self.told()
        for move in acted(pass_of(self.desk.logs[0])[1]):
            self.desk.logs[0].append(move, STUDY.encode())
        await self.desk.fold_on()
        await self.told()

    async def told(self) -> None:
        """Hand over what was announced, and wait until everybody has heard all of it."""
        messages = [each for each in self.desk.bench.sent.messages if each.topic == ALERTS]
        for message in messages[self.alerts.next :]:
            self.alerts.append(message.value, message.key)
        self.delivery.wake()
        while not self.settled():
            await self.delivery.desk.reading(self.delivery.desk.readings)
            self.delivery.wake()

    def settled(self) -> bool:
        """Whether all that was announced was read, and nothing of it is left to be told."""
        read = self.delivery.desk.places.get("alerts", 0)
        return read == self.alerts.next and self.delivery.idle

    async def end(self) -> None:
        """Stop, and disconnect."""
        await self.delivery.stop()
        for sink in self.sinks.values():
            await sink.close()

    async def pages(self) -> tuple[bytes, ...]:
        """Every answer that somebody without a token gets, to the byte, but for the hours in it."""
        (self.folder / "token").write_text("a-token-of-many-characters")
        settings = Settings(
            metrics_open="127.0.0.1:0",
            metrics_closed="127.0.0.1:0",
            metrics_token_file=str(self.folder / "token"),
        )
        worker, delivery = self.desk.bench.worker, self.delivery
        served = [
            health(lambda: [each.condition(worker.lags[n]) for n, each in worker.held.items()]),
            health(lambda: [Condition(partition=0, claimed=not delivery.trouble)]),
            *worker_pages(settings, self.desk.survey),
            *pages(settings, closed=(self.meter,)),
        ]
        return tuple([answer for each in served async for answer in answers(each)])


def health(conditions: Callable[[], Iterable[Condition]]) -> Health:
    """The probes of a process whose partitions stand so."""

    async def check() -> None: ...

    return Health(joined=lambda: True, conditions=conditions, check=check, lag_max=0)


async def answers(page: Health | Page) -> AsyncGenerator[bytes]:
    """What *page* answers on each path, and on one that is none: status, headers and body."""
    listener = listen("127.0.0.1:0")
    port = listener.getsockname()[1]
    runner = await answering(page, listener)
    try:
        await asyncio.sleep(0)
        for path in ("/livez", "/readyz", "/metrics", "/alerts"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
            yield path.encode() + b" " + timeless(DATE.sub(b"", answer))
    finally:
        await runner.cleanup()


async def seen(values: Sequence[bytes], folder: Path, post: Post, sees: str) -> Visible:
    """What a line over *values* shows, from its first byte to its last."""
    post.came.clear()
    lines = Lines()
    logging.getLogger().addHandler(lines)
    try:
        line = Line(values, folder, post, sees)
        await line.live()
        shown = await line.pages()
        await line.end()
    finally:
        logging.getLogger().removeHandler(lines)
    came = {name: [each for each in post.came if each[0].split("/")[1] == name] for name in SINKS}
    return Visible(
        pages=shown,
        lines=tuple(lines.lines),
        notices=(*(each for name in SPONSOR for each in came.get(name, ())), *line.bus.messages),
        closed=line.desk.closed(),
        board=(*came["pager"], *came["bell"]),
    )
