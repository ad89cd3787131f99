"""Redis is wiped, spoilt or asked for anew, and the log brings it back; with real services."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from streams.kafka.topics import LOG
from streams.local.kafka_server import KafkaServer
from tests.contract.backing_services import PLACES, Ground, grounded
from tests.contract.commands import tocsin
from tests.contract.processes import patient

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

Consumer: Any = AIOKafkaConsumer


@pytest.fixture
def ground(admin: Any, kafka: KafkaServer, redis_program: str, tmp_path: Path) -> Iterator[Ground]:
    """Kafka and Redis, the log produced, nothing folded."""
    with grounded(admin, kafka.bootstrap, tmp_path) as made:
        yield made


async def test_a_wiped_store_is_rebuilt_from_the_log(ground: Ground):
    """Field for field what it was; `tocsin verify` says the same before and after."""
    await ground.fold()
    before = await ground.rows()
    assert ground.tocsin("verify").returncode == 0
    client = patient(ground.store)
    for key in [key async for key in client.scan_iter(match="tocsin:*")]:
        await client.delete(key)
    await client.aclose()

    done = ground.tocsin("rebuild")

    assert (done.returncode, len(done.stdout.splitlines())) == (0, 12)
    assert "6 records, 1 study" in done.stdout
    assert await ground.rows() == before and all(before.values())
    assert ground.tocsin("verify").returncode == 0


async def test_a_spoilt_field_is_named_and_rebuilt(ground: Ground):
    """`verify` ends with 3 and the command that mends it; after that it ends with 0."""
    await ground.fold()
    store = ground.kept("S")
    cell = next(name for name in await store.row("S") if name.startswith("t|"))
    await store.client.hset(store.keys.row("S"), cell, "[9,9,9,9,9,9,9]")
    await store.close()
    number = PLACES["S"]

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
    before = await ground.rows()
    worker = Consumer(LOG, bootstrap_servers=ground.broker, group_id="tocsin-live")
    await worker.start()
    try:
        done = await asyncio.to_thread(ground.tocsin, "rebuild", "--partition", "3")
    finally:
        await worker.stop()

    assert done.returncode == 2 and "A worker holds partition 3: stop" in done.stderr
    assert await ground.rows() == before
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
