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
from tests.contract.backing_services import STUDY_PARTITIONS, Services, running_services
from tests.contract.commands import tocsin
from tests.contract.processes import patient_client

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

Consumer: Any = AIOKafkaConsumer


@pytest.fixture
def services(
    admin: Any, kafka: KafkaServer, redis_program: str, tmp_path: Path
) -> Iterator[Services]:
    """Kafka and Redis, the log produced, nothing folded."""
    with running_services(admin, kafka.bootstrap, tmp_path) as made:
        yield made


async def test_a_wiped_store_is_rebuilt_from_the_log(services: Services):
    """Field for field what it was; `tocsin verify` says the same before and after."""
    await services.fold_all()
    before = await services.rows()
    assert services.tocsin("verify").returncode == 0
    client = patient_client(services.store)
    for key in [key async for key in client.scan_iter(match="tocsin:*")]:
        await client.delete(key)
    await client.aclose()

    done = services.tocsin("rebuild")

    assert (done.returncode, len(done.stdout.splitlines())) == (0, 12)
    assert "6 records, 1 study" in done.stdout
    assert await services.rows() == before and all(before.values())
    assert services.tocsin("verify").returncode == 0


async def test_a_spoilt_field_is_named_and_rebuilt(services: Services):
    """`verify` ends with 3 and the command that mends it; after that it ends with 0."""
    await services.fold_all()
    store = services.open_store("S")
    cell = next(name for name in await store.row("S") if name.startswith("t|"))
    await store.client.hset(store.keys.row("S"), cell, "[9,9,9,9,9,9,9]")
    await store.close()
    number = STUDY_PARTITIONS["S"]

    done = services.tocsin("verify", "--json")
    told = {each["partition"]: each for each in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 3 and f"`tocsin rebuild --partition {number}`" in done.stderr
    named = {(each["study"], each["field"]) for each in told[number]["differences"]}
    assert named == {("S", cell), ("S", "digest")}
    assert [other for other, each in told.items() if each["differences"]] == [number]

    assert services.tocsin("rebuild", "--partition", str(number)).returncode == 0
    assert services.tocsin("verify").returncode == 0


async def test_a_partition_that_a_worker_holds_is_not_rebuilt(services: Services):
    """Each would undo what the other does: exit code 2, and nothing is touched."""
    await services.fold_all()
    before = await services.rows()
    worker = Consumer(LOG, bootstrap_servers=services.broker, group_id="tocsin-live")
    await worker.start()
    try:
        done = await asyncio.to_thread(services.tocsin, "rebuild", "--partition", "3")
    finally:
        await worker.stop()

    assert done.returncode == 2 and "A worker owns partition 3: stop" in done.stderr
    assert await services.rows() == before
    assert (await asyncio.to_thread(services.tocsin, "rebuild", "--partition", "3")).returncode == 0


def test_what_cannot_be_done_says_what_to_do(services: Services):
    """A partition that the log has not, a space that is no name, no broker, no store."""
    for command in ("rebuild", "verify"):
        wrong = services.tocsin(command, "--partition", "12")
        assert wrong.returncode == 2 and "0 to 11" in wrong.stderr
        wrong = services.tocsin(command, "--space", "a b")
        assert wrong.returncode == 2 and "--space a b" in wrong.stderr
        nowhere = tocsin(command, BROKER="127.0.0.1:1", STORE=services.store)
        assert nowhere.returncode == 4 and "tocsin doctor" in nowhere.stderr
        nowhere = tocsin(command, BROKER=services.broker, STORE="redis://127.0.0.1:1/0")
        assert nowhere.returncode == 4 and "tocsin doctor" in nowhere.stderr
