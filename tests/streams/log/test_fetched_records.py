"""Fetched records that nobody takes free their memory at once: a seek discards them."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from streams.log.checked_fetch import CheckedResults

PARTITION = TopicPartition("trial.log.v1", 3)


@pytest.fixture(autouse=True)
def no_collection() -> Iterator[None]:
    """Let the collector of reference cycles stand still, as a worker's almost does."""
    gc.disable()
    yield
    gc.enable()


def batch_of(values: list[bytes]) -> bytes:
    """A batch of records with *values*."""
    new_builder: Any = DefaultRecordBatchBuilder
    builder = new_builder(2, 0, False, -1, -1, -1, 1 << 20)
    for offset, value in enumerate(values):
        builder.append(offset, 0, b"key", value, [])
    return bytes(builder.build())


def fetched_result(data: bytes) -> tuple[Any, weakref.ref[object]]:
    """The result of a fetch of *data*, and a reference that is dead once its memory is free."""
    client: Any = fetcher
    records = client.PartitionRecords(
        PARTITION, MemoryRecords(data), [], 0, None, None, False, client.READ_COMMITTED
    )
    result = client.FetchResult(PARTITION, assignment=None, partition_records=records, backoff=0)
    return result, weakref.ref(records)


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_discarded_records_are_freed(taken: int):
    """A reference cycle of the client would keep megabytes of each seek for hours."""
    results = CheckedResults()
    results[PARTITION], freed = fetched_result(batch_of([b"one", b"two", b"three"]))
    records = results[PARTITION]._partition_records

    values = [next(records).value for _ in range(taken)]
    del records, results[PARTITION]

    assert values == [b"one", b"two", b"three"][:taken]
    assert freed() is None


def test_the_bytes_of_a_fetch_are_not_kept_beside_its_records():
    """They serve to name a batch that cannot be parsed, which has been decided then."""
    results, data = CheckedResults(), batch_of([b"one"])
    results.fetched[PARTITION] = data, 1

    results[PARTITION], _ = fetched_result(data)

    assert not results.fetched
