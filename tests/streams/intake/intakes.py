"""An intake without servers: topics in memory, a store in fakeredis, folded when a test says so."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer
from fakeredis import FakeAsyncRedis

from streams.intake.app import IntakePages
from streams.intake.clients import DATA_TYPES, Client, Clients, token_digest
from streams.intake.files_route import FilesRoute
from streams.intake.fold_view import DeadLetterIndex, StoreFoldView
from streams.intake.limits import Limits
from streams.intake.listing_writer import ListingWriter
from streams.intake.listings import ListingConverter
from streams.intake.meter import IntakeMeter
from streams.intake.nudges_route import NudgesRoute
from streams.intake.production import Production
from streams.intake.receipts_route import ReceiptsRoute
from streams.intake.records_route import RecordsRoute
from streams.intake.request import Gate
from streams.intake.service import ROUTES
from streams.intake.stored_study import StoredStudy
from streams.kafka.partitioner import partition_of
from streams.kafka.sender import Message
from streams.kafka.topics import DEAD_LETTERS, LOG
from streams.log import LogRecord
from streams.outbox.relay import OutboxRelay
from streams.processor.processor import PartitionProcessor
from streams.store import LIVE_SPACE
from streams.store.function import load_library
from streams.store.keys import Keys
from streams.store.redis import RedisStore
from tests.streams.intake.sent_records import STUDY
from tests.streams.list_log import ListLog

OTHER_STUDY = "TRIAL-2"
TOKEN, OTHER_TOKEN = "tocsin_one", "tocsin_two"
WEBHOOK_KEY = b"k" * 32
PARTITIONS = 12
PARTITION = partition_of(STUDY, PARTITIONS)
NOW = 1_790_000_000

ADDRESS = f"/v1/studies/{STUDY}/records"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
NDJSON = {**AUTHORIZED, "Content-Type": "application/x-ndjson"}

CLIENTS = Clients(
    (
        Client(
            name="edc",
            studies=frozenset({STUDY}),
            systems=frozenset({"edc"}),
            types=frozenset({*DATA_TYPES, "plan"} - {"disposition"}),
            token_digests=(token_digest(TOKEN),),
            webhook_keys=(WEBHOOK_KEY,),
        ),
        Client(
            name="safety",
            studies=frozenset({OTHER_STUDY}),
            systems=frozenset({"safety"}),
            token_digests=(token_digest(OTHER_TOKEN),),
        ),
    )
)


@dataclass
class ListTopics:
    """Topics in memory; while *failure* is set each send raises it, and stores nothing."""

    logs: dict[tuple[str, int], ListLog] = field(default_factory=dict[tuple[str, int], ListLog])
    failure: Exception | None = None

    def log(self, topic: str, partition: int) -> ListLog:
        """The partition of a topic."""
        return self.logs.setdefault((topic, partition), ListLog(partition))

    async def send_in_order(self, messages: Sequence[Message]) -> list[int]:
        """Append *messages*, and return their offsets."""
        if self.failure is not None:
            raise self.failure
        return [
            self.log(each.topic, each.partition).append(each.value, each.key, each.headers).offset
            for each in messages
        ]

    async def send(self, message: Message) -> int:
        """Append *message*, and return its offset."""
        return (await self.send_in_order([message]))[0]

    async def record_at(self, partition: int, offset: int) -> LogRecord | None:
        """The record of the log at *offset*."""
        return self.log(LOG, partition).records.get(offset)

    @property
    def produced(self) -> list[bytes | None]:
        """The values of the study's partition, in order."""
        return [each.value for each in self.log(LOG, PARTITION).records.values()]

    @property
    def dead_letters(self) -> list[Mapping[str, str]]:
        """The headers of the dead letters, in order."""
        records = self.log(DEAD_LETTERS, 0).records.values()
        return [{name: text.decode() for name, text in each.headers} for each in records]


@dataclass
class Intake:
    """An intake that a test sends requests to."""

    http: Any
    topics: ListTopics
    store: RedisStore
    pages: IntakePages
    writer: ListingWriter

    async def post(self, body: bytes | str, address: str = ADDRESS, **headers: str) -> Any:
        """Post *body* with the token; *headers* replace, `_` is a dash."""
        sent = AUTHORIZED | {name.replace("_", "-"): text for name, text in headers.items()}
        data = BytesIO(body.encode() if isinstance(body, str) else body)
        return await self.http.post(address, data=data, headers=sent)

    async def get_receipt(self, offset: int, study: str = STUDY, **headers: str) -> Any:
        """Ask for the receipt of a record in the partition of the study."""
        path = f"/v1/studies/{study}/receipts/{PARTITION}-{offset}"
        return await self.http.get(path, headers=AUTHORIZED | headers)

    async def fold(self, *, publish: bool = True) -> None:
        """Fold what is in the partition of the study; with *publish* relay the outbox, too."""
        log = self.topics.log(LOG, PARTITION)
        processor = PartitionProcessor(log, self.store, partition=PARTITION)
        start = await processor.claim()
        await processor.fold_batch(await log.read(start, 10_000))
        if publish:
            await OutboxRelay(log, self.store, self.topics, 4).publish_pending()


@asynccontextmanager
async def running_intake(
    *,
    clients: Clients = CLIENTS,
    requests_per_second: int = 100_000,
    mappings: Path | None = None,
) -> AsyncGenerator[Intake]:
    """Serve an intake on a port of its own."""
    topics, redis = ListTopics(), FakeAsyncRedis()
    store = RedisStore(redis, keys(PARTITION), embedded=True)
    await load_library(redis)
    view = StoreFoldView(redis, keys, DeadLetterIndex(topics.log(DEAD_LETTERS, 0)))
    gate = Gate(clients, Limits(requests_per_second), clock=lambda: NOW)
    production, meter = Production(topics, PARTITIONS), IntakeMeter(ROUTES, clients.studies)
    writer = ListingWriter(
        ListingConverter(),
        production,
        lambda study, partition: StoredStudy(view, topics.log(LOG, partition), study),
    )
    pages = IntakePages(
        records=RecordsRoute(gate, production, view, meter),
        receipts=ReceiptsRoute(gate, view, topics.record_at, production.partition),
        files=FilesRoute(gate, writer, meter, mappings),
        nudges=NudgesRoute(gate, OneProject()),
        meter=meter,
    )
    async with TestClient(TestServer(pages.app())) as http:
        yield Intake(http, topics, store, pages, writer)
    await store.close()


def keys(partition: int) -> Keys:
    """The keys of a partition in the live space."""
    return Keys(LIVE_SPACE, LOG, partition)


@dataclass
class OneProject:
    """A scheduler with one project, which counts what was scheduled."""

    scheduled: int = 0

    def has_project(self, study: str) -> bool:
        """Whether the study has the project."""
        return study == STUDY

    def schedule(self, study: str) -> bool:
        """Schedule once; a second nudge joins the first."""
        self.scheduled += study == STUDY
        return self.scheduled == 1
