"""A dozen faults in half a minute: that the campaign runs, and that it can fail."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from streams.kafka.topics import ALERTS, LOG
from streams.store import LIVE
from streams.store.keys import Keys
from tests.faults.judge import judge
from tests.faults.legs import Struck, conclude, strike
from tests.faults.produced_log import Client
from tests.faults.services import Ground, grounded

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

QUICK = ("kill worker", "kill redis", "markers", "cut tail", "flush", "rebalance")


@pytest.fixture
def ground(kafka_libs: Path, redis_program: str) -> Iterator[Ground]:
    """Services and workers; the path of a socket must be short."""
    with tempfile.TemporaryDirectory(prefix="tocsin-") as folder:
        settings = {"appendonly": "yes", "appendfsync": "everysec"}
        with grounded(Path(folder), Random(4), settings) as made:
            yield made


def test_a_dozen_faults_lose_nothing_and_what_is_spoilt_is_found(ground: Ground):
    """After each kind, twice, all is as one pass has it; and the judge is not blind."""
    struck = Struck("a dozen")
    for kind in QUICK * 2:
        strike(ground, kind, struck)
    conclude(ground, struck)

    assert struck.verdict.says == []
    assert struck.verdict.studies > 30 and struck.verdict.alerts > 30 and struck.verdict.markers

    spoil(ground)
    found = judge(ground.kafka.bootstrap, ground.redis.url)
    assert (found.doubled, found.rows, found.phantom) == (1, 2, 1)


def spoil(ground: Ground) -> None:
    """Count a record twice in one row, take another row away, and ring without a reason."""
    rows = f"{Keys(LIVE, LOG, 0).prefix}s:*"
    with ground.client() as client:
        first, second, *_ = sorted(client.scan_iter(match=rows))
        head = client.hget(first, "head").replace(b'"outcomes":{', b'"outcomes":{"again":1,')
        client.hset(first, "head", head)
        client.delete(second)
    producer = Client.Producer({"bootstrap.servers": ground.kafka.bootstrap})
    producer.produce(ALERTS, b"{}", b"nobody:1", 0)
    producer.flush()
