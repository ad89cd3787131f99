"""Tests of `tocsin rebuild` and `tocsin verify` on real Kafka and Redis."""

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
    """Kafka and Redis, with the log produced and nothing folded."""
    with running_services(admin, kafka.bootstrap, tmp_path) as prepared:
        yield prepared


async def test_a_wiped_store_is_rebuilt_from_the_log(services: Services):
    """All fields are as before, and `tocsin verify` succeeds before and after."""
    await services.fold_all()
    before = await services.rows()
    assert services.tocsin("verify").returncode == 0
    client = patient_client(services.store)
    for key in [key async for key in client.scan_iter(match="tocsin:*")]:
        await client.delete(key)
    await client.aclose()

    result = services.tocsin("rebuild")

    assert (result.returncode, len(result.stdout.splitlines())) == (0, 12)
    assert "6 records, 1 study" in result.stdout
    assert await services.rows() == before and all(before.values())
    assert services.tocsin("verify").returncode == 0


async def test_a_corrupted_field_is_named_and_rebuilt(services: Services):
    """`verify` exits with 3 and names the rebuild command; after the rebuild it exits with 0."""
    await services.fold_all()
    store = services.open_store("S")
    field = next(name for name in await store.row("S") if name.startswith("t|"))
    await store.client.hset(store.keys.row("S"), field, "[9,9,9,9,9,9,9]")
    await store.close()
    partition = STUDY_PARTITIONS["S"]

    result = services.tocsin("verify", "--json")
    result_by_partition = {
        each["partition"]: each for each in map(json.loads, result.stdout.splitlines())
    }
    assert result.returncode == 3 and f"`tocsin rebuild --partition {partition}`" in result.stderr
    differences = {
        (each["study"], each["field"]) for each in result_by_partition[partition]["differences"]
    }
    assert differences == {("S", field), ("S", "digest")}
    assert [other for other, each in result_by_partition.items() if each["differences"]] == [
        partition
    ]

    assert services.tocsin("rebuild", "--partition", str(partition)).returncode == 0
    assert services.tocsin("verify").returncode == 0


async def test_a_partition_that_a_worker_owns_is_not_rebuilt(services: Services):
    """Worker and rebuild would overwrite each other: exit code 2, and no row changes."""
    await services.fold_all()
    before = await services.rows()
    worker = Consumer(LOG, bootstrap_servers=services.broker, group_id="tocsin-live")
    await worker.start()
    try:
        result = await asyncio.to_thread(services.tocsin, "rebuild", "--partition", "3")
    finally:
        await worker.stop()

    assert result.returncode == 2 and "A worker owns partition 3: stop" in result.stderr
    assert await services.rows() == before
    assert (await asyncio.to_thread(services.tocsin, "rebuild", "--partition", "3")).returncode == 0


def test_invalid_options_and_unreachable_services_are_refused_with_a_remedy(services: Services):
    """A missing partition or an invalid space is exit code 2, an unreachable service 4."""
    for command in ("rebuild", "verify"):
        invalid = services.tocsin(command, "--partition", "12")
        assert invalid.returncode == 2 and "0 to 11" in invalid.stderr
        invalid = services.tocsin(command, "--space", "a b")
        assert invalid.returncode == 2 and "--space a b" in invalid.stderr
        unreachable = tocsin(command, BROKER="127.0.0.1:1", STORE=services.store)
        assert unreachable.returncode == 4 and "tocsin doctor" in unreachable.stderr
        unreachable = tocsin(command, BROKER=services.broker, STORE="redis://127.0.0.1:1/0")
        assert unreachable.returncode == 4 and "tocsin doctor" in unreachable.stderr
