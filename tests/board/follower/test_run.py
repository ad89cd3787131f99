"""Checks a follower process on a real broker and a real store, beside a real worker."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from board.follower.client import FollowerClient, OpenClient
from board.follower.protocol import CLOSED_SOCKET, OPEN_SOCKET, FollowerState
from board.follower.run import FollowerRunning, only_follower
from streams.kafka.partitioner import partition_of
from streams.kafka.topics import LOG
from streams.log.kafka import KafkaLog
from streams.processor.processor import PartitionProcessor
from streams.processor.refold import refold
from streams.store import LIVE_SPACE
from streams.store.keys import Keys
from streams.store.redis import RedisStore
from tests.contract.processes import patient_client
from tests.contract.workers import WorkerSite
from tests.paths import ROOT
from tests.streams.processor.processors import PRODERM, STUDY

PARTITION = partition_of(STUDY, 12)


def start_follower(site: WorkerSite, folder: Path) -> subprocess.Popen[bytes]:
    """Start a follower process with its sockets in *folder*."""
    environment = os.environ | {"TOCSIN_BROKER": site.broker, "TOCSIN_STORE": site.store}
    command = [sys.executable, "-m", "board.follower", str(folder)]
    return subprocess.Popen(command, env=environment, cwd=ROOT)


@asynccontextmanager
async def running(site: WorkerSite, folder: Path) -> AsyncGenerator[FollowerClient]:
    """A follower process, and a client of its closed socket."""
    process = start_follower(site, folder)
    client = FollowerClient(folder / CLOSED_SOCKET)
    await client.start()
    try:
        yield client
    finally:
        await client.close()
        process.terminate()
        assert process.wait(20) == 0


async def wait_for(
    client: FollowerClient, condition: Callable[[FollowerState], bool], seconds: float = 60
) -> FollowerState:
    """Return the first state for which *condition* holds."""
    async with asyncio.timeout(seconds):
        async for state in client.states():
            if condition(state):
                return state
    raise AssertionError("no state came")


def is_folded(count: int) -> Callable[[FollowerState], bool]:
    """Whether the follower has folded *count* records, and agrees with the store."""
    return lambda state: (
        state.partitions[PARTITION].position == count
        and STUDY in state.studies
        and state.studies[STUDY].completeness.store_agrees is True
    )


async def test_a_follower_beside_a_worker(site: WorkerSite, tmp_path: Path):
    """It reaches the worker, answers, names a corrupted field in time, and both its ends show."""
    send = asyncio.to_thread
    await send(site.send, PRODERM[:2000], STUDY, PARTITION)
    store = RedisStore(patient_client(site.store), Keys(LIVE_SPACE, LOG, PARTITION))
    with site.running() as worker:
        async with running(site, tmp_path) as client:
            state = await wait_for(client, is_folded(2000))
            assert state.fault is None and state.studies[STUDY].evidence
            await send(site.send, PRODERM[2000:], STUDY, PARTITION)
            state = await wait_for(client, is_folded(len(PRODERM)))
            assert {"signal"} <= {alert.level for alert in state.studies[STUDY].alerts}
            answer = await client.ask(STUDY, "trajectory", {"watch": "tee-general-population"})
            assert answer.body["delay_days"] == 37
            assert answer.completeness.position == len(PRODERM)
            async with asyncio.timeout(10):
                await check_open_socket(tmp_path)
            await check_corruption(client, store)
            worker.stop(signal.SIGKILL)
            await send(site.send, PRODERM[:1], STUDY, PARTITION)
            state = await wait_for(
                client, lambda each: each.partitions[PARTITION].silent_seconds > 5, 15
            )
            assert state.partitions[PARTITION].silent == "worker"
            assert client.silent_seconds < 3
    await store.close()


async def check_open_socket(folder: Path) -> None:
    """The open socket has counts over all arms, and no word of a watch, a term or an alert."""
    client = OpenClient(folder / OPEN_SOCKET)
    await client.start()
    async for state in client.states():
        study = state.studies.get(STUDY)
        if study is None or study.randomised < 95:
            continue  # The state of a second before.
        assert study.randomised == 95 and study.cases > 200 and not state.partitions[0].silent
        text = json.dumps(state.to_message(), default=str)
        assert not any(word in text for word in ("ivig", "placebo", "tee", "signal", "review"))
        break
    await client.close()


async def check_corruption(client: FollowerClient, store: RedisStore) -> None:
    """A field that somebody else writes is found within five seconds, and again once restored."""
    fields = await store.find_fields(STUDY, "t|")
    name = random.choice(sorted(fields or await store.find_fields(STUDY, "c|")))
    good = await store.field(STUDY, name)
    began = time.monotonic()
    await store.client.hset(store.keys.row(STUDY), name, good + b" ")
    state = await wait_for(client, lambda each: each.fault is not None, 10)
    assert time.monotonic() - began < 5
    assert state.fault == f"{STUDY}: store and own fold disagree"
    assert state.studies[STUDY].completeness.store_agrees is False
    await store.client.hset(store.keys.row(STUDY), name, good)
    await wait_for(client, lambda each: each.fault is None, 10)


async def test_a_store_that_is_emptied_is_followed_from_the_first_record(
    site: WorkerSite, tmp_path: Path
):
    """The fault says that the cursor moved back; then the follower folds again."""
    await asyncio.to_thread(site.send, PRODERM[:800], STUDY, PARTITION)
    store = RedisStore(patient_client(site.store), Keys(LIVE_SPACE, LOG, PARTITION))
    async with running(site, tmp_path) as client:
        await fold(site, store)
        await wait_for(client, is_folded(800))
        await store.rewind(None)
        await wait_for(client, lambda state: "moved back" in (state.fault or ""))
        await fold(site, store)
        await wait_for(client, is_folded(800))
    await store.close()


async def fold(site: WorkerSite, store: RedisStore) -> None:
    """Fold the partition to its end, as a worker does."""
    log = KafkaLog(site.broker, LOG, PARTITION)
    processor = PartitionProcessor(log, store, partition=PARTITION)
    await processor.claim()
    await refold(processor, log)
    await log.close()


def test_only_one_follower_serves_a_folder(tmp_path: Path):
    """A second one is refused while the first one runs, whichever process it is in."""
    with only_follower(tmp_path), pytest.raises(FollowerRunning), only_follower(tmp_path):
        pass
    with only_follower(tmp_path):
        assert (tmp_path / "follower.lock").stat().st_mode & 0o777 == 0o600
