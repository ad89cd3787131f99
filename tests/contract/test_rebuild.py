"""Redis is wiped, spoilt or asked for anew, and the log brings it back; with real services."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from streams.broker import administer
from streams.lane import Lane
from streams.log_kafka import KafkaLog
from streams.partition import partition_of
from streams.refolding import refold
from streams.services.kafka_server import KafkaServer
from streams.services.redis_server import RedisServer
from streams.settings import Settings
from streams.store import LIVE
from streams.store.function import load
from streams.store.keys import Keys
from streams.store.redis import RedisStore, connect
from streams.topics import ALERTS, LOG, apply, topics
from tests.contract.commands import tocsin
from tests.scenarios.commands import small, written

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

STUDIES = ("S", "T", "PRODERM")
Consumer: Any = AIOKafkaConsumer


@dataclass
class Ground:
    """A broker with the topics and a log of three studies, and an empty store with our library."""

    broker: str
    store: str

    def tocsin(self, *words: str) -> Any:
        done = tocsin(*words, BROKER=self.broker, STORE=self.store)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def kept(self, study: str, space: str = LIVE) -> RedisStore:
        return RedisStore(connect(self.store), Keys(space, LOG, partition_of(study, 12)))

    async def fold(self) -> None:
        """Fold every partition, as workers would have."""
        for number in sorted({partition_of(study, 12) for study in STUDIES}):
            log = KafkaLog(self.broker, LOG, number)
            store = RedisStore(connect(self.store), Keys(LIVE, LOG, number))
            lane = Lane(log, store, partition=number)
            await lane.claim()
            await refold(lane, log)
            await log.close()
            await store.close()


@pytest.fixture
def ground(admin: Any, kafka: KafkaServer, redis_program: str, tmp_path: Path) -> Iterator[Ground]:
    """Kafka and Redis, the log produced, nothing folded."""
    apply(admin, topics(Settings()), alter=False)
    path = written(tmp_path, [line for study in STUDIES for line in small(study)])
    with RedisServer(tmp_path / "redis") as server:
        made = Ground(kafka.bootstrap, server.url)
        asyncio.run(loaded(server.url))
        assert made.tocsin("produce", str(path)).returncode == 0
        yield made


async def loaded(url: str) -> None:
    client = connect(url)
    await load(client)
    await client.aclose()


async def rows(ground: Ground, space: str = LIVE) -> dict[str, Any]:
    """What the store holds of each study."""
    found: dict[str, Any] = {}
    for study in STUDIES:
        store = ground.kept(study, space)
        found[study] = await store.row(study)
        await store.close()
    return found


def alerts_in(broker: str) -> int:
    """How many alerts were announced."""
    with administer(broker) as admin:
        ends = admin.list_partition_offsets({(ALERTS, n): "latest" for n in range(4)})
    return sum(each.offset for each in ends.values())


async def test_a_wiped_store_is_rebuilt_from_the_log(ground: Ground):
    """Field for field what it was; `tocsin verify` says the same before and after."""
    await ground.fold()
    before = await rows(ground)
    assert ground.tocsin("verify").returncode == 0
    client = connect(ground.store)
    for key in [key async for key in client.scan_iter(match="tocsin:*")]:
        await client.delete(key)
    await client.aclose()

    done = ground.tocsin("rebuild")

    assert (done.returncode, len(done.stdout.splitlines())) == (0, 12)
    assert "6 records, 1 study" in done.stdout
    assert await rows(ground) == before and all(before.values())
    assert ground.tocsin("verify").returncode == 0


async def test_a_spoilt_field_is_named_and_rebuilt(ground: Ground):
    """`verify` ends with 3 and the command that mends it; after that it ends with 0."""
    await ground.fold()
    store = ground.kept("S")
    cell = next(name for name in await store.row("S") if name.startswith("t|"))
    await store.client.hset(store.keys.row("S"), cell, "[9,9,9,9,9,9,9]")
    await store.close()
    number = partition_of("S", 12)

    done = ground.tocsin("verify", "--json")
    told = {each["partition"]: each for each in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 3 and f"`tocsin rebuild --partition {number}`" in done.stderr
    named = {(each["study"], each["field"]) for each in told[number]["differences"]}
    assert named == {("S", cell), ("S", "digest")}
    assert [other for other, each in told.items() if each["differences"]] == [number]

    assert ground.tocsin("rebuild", "--partition", str(number)).returncode == 0
    assert ground.tocsin("verify").returncode == 0


async def test_a_partition_that_a_worker_holds_is_not_rebuilt(ground: Ground):
    """Each would undo what the other does: exit code 2, and nothing is touched."""
    await ground.fold()
    before = await rows(ground)
    worker = Consumer(LOG, bootstrap_servers=ground.broker, group_id="tocsin-live")
    await worker.start()
    try:
        done = await asyncio.to_thread(ground.tocsin, "rebuild", "--partition", "3")
    finally:
        await worker.stop()

    assert done.returncode == 2 and "A worker holds partition 3: stop" in done.stderr
    assert await rows(ground) == before
    assert (await asyncio.to_thread(ground.tocsin, "rebuild", "--partition", "3")).returncode == 0


def test_what_cannot_be_done_says_what_to_do(ground: Ground):
    """A partition that the log has not, a space that is no name, no broker, no store."""
    for command in ("rebuild", "verify"):
        wrong = ground.tocsin(command, "--partition", "12")
        assert wrong.returncode == 2 and "0 to 11" in wrong.stderr
        wrong = ground.tocsin(command, "--space", "a b")
        assert wrong.returncode == 2 and "--space a b" in wrong.stderr
        nowhere = tocsin(command, BROKER="127.0.0.1:1", STORE=ground.store)
        assert nowhere.returncode == 4 and "tocsin doctor" in nowhere.stderr
        nowhere = tocsin(command, BROKER=ground.broker, STORE="redis://127.0.0.1:1/0")
        assert nowhere.returncode == 4 and "tocsin doctor" in nowhere.stderr
