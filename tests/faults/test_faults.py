"""Runs a dozen faults: the campaign works, and its judge detects errors."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from streams.kafka.topics import ALERTS, LOG
from streams.store import LIVE_SPACE
from streams.store.keys import Keys
from tests.faults.judge import judge
from tests.faults.phases import PhaseResult, finish_phase, inject_fault
from tests.faults.produced_log import Client
from tests.faults.services import FaultServices, running_services

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

QUICK_KINDS = ("kill worker", "kill redis", "markers", "cut tail", "flush", "rebalance")


@pytest.fixture
def services(kafka_libs: Path, redis_program: str) -> Iterator[FaultServices]:
    """Yield services in a folder with a short path, as a socket needs."""
    with tempfile.TemporaryDirectory(prefix="tocsin-") as folder:
        settings = {"appendonly": "yes", "appendfsync": "everysec"}
        with running_services(Path(folder), Random(4), settings) as started:
            yield started


def test_a_dozen_faults_lose_nothing_and_corruption_is_detected(services: FaultServices):
    """After each kind of fault twice, the results equal those of a pass without faults."""
    result = PhaseResult("a dozen")
    for kind in QUICK_KINDS * 2:
        inject_fault(services, kind, result)
    finish_phase(services, result)

    assert result.verdict.errors == []
    assert result.verdict.studies > 30 and result.verdict.alerts > 30 and result.verdict.markers

    corrupt_store(services)
    verdict = judge(services.kafka.bootstrap, services.redis.url)
    assert (verdict.doubled, verdict.wrong_rows, verdict.phantom) == (1, 2, 1)


def corrupt_store(services: FaultServices) -> None:
    """Count a record twice in one row, delete another row, and publish an unfounded alert."""
    rows = f"{Keys(LIVE_SPACE, LOG, 0).prefix}s:*"
    with services.client() as client:
        first, second, *_ = sorted(client.scan_iter(match=rows))
        head = client.hget(first, "head").replace(b'"outcomes":{', b'"outcomes":{"again":1,')
        client.hset(first, "head", head)
        client.delete(second)
    producer = Client.Producer({"bootstrap.servers": services.kafka.bootstrap})
    producer.produce(ALERTS, b"{}", b"nobody:1", 0)
    producer.flush()
