"""The process of `tocsin intake`: its web application, probes and metrics, until SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import signal
import ssl
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from streams.health.listener import listen, serve
from streams.health.probes import Probes
from streams.intake.app import IntakePages
from streams.intake.clients import Clients
from streams.intake.files_route import FilesRoute
from streams.intake.fold_view import DeadLetterIndex, StoreFoldView
from streams.intake.limits import Limits
from streams.intake.listing_writer import ListingWriter
from streams.intake.listings import ListingConverter, ListingRequest
from streams.intake.meter import IntakeMeter
from streams.intake.nudges_route import NudgesRoute
from streams.intake.production import Production
from streams.intake.pulls import RedcapPulls
from streams.intake.receipts_route import ReceiptsRoute
from streams.intake.records_route import RecordsRoute
from streams.intake.request import Gate
from streams.intake.stored_study import StoredStudy
from streams.kafka.admin import host_and_port
from streams.kafka.sender import KafkaSender
from streams.kafka.topics import DEAD_LETTERS, LOG
from streams.log import LogRecord, RecordsGone
from streams.log.kafka import KafkaLog, cluster_id_of
from streams.metrics import build_pages
from streams.settings import LOOPBACK_HOSTS, Settings
from streams.store import LIVE_SPACE
from streams.store.keys import Keys
from streams.store.redis import connect

ROUTES = ("records", "files", "nudges", "receipts", "openapi", "none")

logger = logging.getLogger("tocsin.intake")


class NoTls(Exception):
    """The intake has no usable TLS where it needs one; the message says why.  Exit code 2."""


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """Return the TLS of the intake's own certificate; None without.

    Raises NoTls where the certificate cannot be used, or where other machines could reach the
    intake without TLS and read the tokens.
    """
    host, _ = host_and_port(settings.intake)
    if settings.intake_tls == "off" and host not in (*LOOPBACK_HOSTS, "::1"):
        raise NoTls("TOCSIN_INTAKE is no address of this machine alone, and there is no TLS")
    if settings.intake_tls != "own":
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.intake_tls_cert_file or "", settings.intake_tls_key_file)
    except OSError as error:  # Of files, and of OpenSSL.
        reason = error.strerror or "not PEM"
        raise NoTls(f"certificate and key of the intake cannot be used: {reason}") from None
    return context


@dataclass(slots=True)
class RecordReader:
    """Reads single records of the log, one at a time."""

    broker: str
    logs: dict[int, KafkaLog] = field(default_factory=dict[int, KafkaLog])
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def record_at(self, partition: int, offset: int) -> LogRecord | None:
        """Return the record at *offset*, None where there is none.  Raises LogUnreachable."""
        async with self.lock:
            if partition not in self.logs:
                self.logs[partition] = KafkaLog(self.broker, LOG, partition)
            try:
                records = await self.logs[partition].read(offset, 1)
            except RecordsGone:
                return None
        return records[0] if records and records[0].offset == offset else None

    async def close(self) -> None:
        """Disconnect."""
        for each in self.logs.values():
            await each.close()


@dataclass(frozen=True, slots=True)
class IntakeConfig:
    """Who may send, which REDCap projects are pulled by study, and the TLS of the intake."""

    clients: Clients
    projects: Mapping[str, ListingRequest]
    tls: ssl.SSLContext | None


async def run_intake(settings: Settings, config: IntakeConfig) -> None:
    """Serve the intake until SIGTERM or SIGINT; requests in progress are answered first."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stopping.set)
    async with AsyncExitStack() as stack:
        pages = build_intake(settings, config, stack)
        metric_pages = build_pages(settings, open_collectors=(pages.meter,))
        probes = Probes(
            has_joined=lambda: True,
            partition_statuses=lambda: (),
            check_connections=lambda: check_broker(settings),
            lag_max=settings.lag_max,
        )
        runner = await serve(pages, listen(settings.intake), config.tls)
        # Last in, first out: requests end before the connections that they use.
        stack.push_async_callback(runner.cleanup)
        listeners = [(probes, listen(settings.health))]
        listeners += [(page, page.listen()) for page in metric_pages]
        for page, listener in listeners:
            stack.push_async_callback((await serve(page, listener)).cleanup)
        await stopping.wait()


def build_intake(settings: Settings, config: IntakeConfig, stack: AsyncExitStack) -> IntakePages:
    """Build the application; *stack* closes its connections."""
    sender, redis = KafkaSender(settings.broker), connect(settings.store)
    reader, letters = RecordReader(settings.broker), KafkaLog(settings.broker, DEAD_LETTERS, 0)
    gate = Gate(config.clients, Limits(settings.intake_requests_per_second))
    production = Production(sender, settings.log_partitions)
    view = StoreFoldView(
        redis, lambda number: Keys(LIVE_SPACE, LOG, number), DeadLetterIndex(letters)
    )

    def stored_study(study: str, partition: int) -> StoredStudy:
        return StoredStudy(view, KafkaLog(settings.broker, LOG, partition), study)

    writer = ListingWriter(ListingConverter(), production, stored_study)
    pulls = RedcapPulls(config.projects, writer)
    for close in (sender.close, redis.aclose, letters.close, reader.close, pulls.close):
        stack.push_async_callback(close)
    meter = IntakeMeter(ROUTES, config.clients.studies)
    mappings = settings.intake_mappings_folder
    return IntakePages(
        records=RecordsRoute(gate, production, view, meter),
        receipts=ReceiptsRoute(gate, view, reader.record_at, production.partition),
        files=FilesRoute(gate, writer, meter, Path(mappings) if mappings else None),
        nudges=NudgesRoute(gate, pulls),
        meter=meter,
    )


async def check_broker(settings: Settings) -> None:
    """Raise LogUnreachable where no broker answers; without the store records are accepted."""
    await cluster_id_of(settings.broker)
