"""Small studies in which one report raises one alert, and the moment the store has it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from streams.kafka.partitioner import partition_of
from tests.board.browser.conftest import RunningBoard
from tests.contract.workers import open_store
from tests.scenarios.commands import (
    JsonObject,
    clot_record,
    plan_record,
    plan_toml,
    treatment_record,
    write_log,
)
from tests.streams.metrics.permuted_trial import RULES

POLL_SECONDS = 0.01
SECONDS_MAX = 60


@dataclass(frozen=True)
class SmallStudy:
    """A study whose logs are written to *folder*."""

    name: str
    folder: Path

    def begin(self, board: RunningBoard) -> None:
        """Send the plan and four subjects, which raise nothing."""
        toml = plan_toml(self.name) + RULES
        digest = sha256(toml.encode()).hexdigest()
        plan = plan_record(self.name) | {"toml": toml, "sha256": digest}
        self.send(board, [plan, *(treatment_record(each, study=self.name) for each in "ABCD")])

    def raise_alert(self, board: RunningBoard, subject: str = "A") -> None:
        """Send the report that raises an alert."""
        self.send(board, [clot_record(subject, "2020-01-20", study=self.name)])

    def send(self, board: RunningBoard, records: list[JsonObject]) -> None:
        """Send *records*."""
        folder = self.folder / self.name
        folder.mkdir(exist_ok=True)
        board.produce(write_log(folder, records))


@dataclass
class StoreWatch:
    """Notes when the cursor of a study's partition next advances, in seconds since 1970."""

    url: str
    partition: int
    ready: threading.Event = field(default_factory=threading.Event)
    advanced_at: float | None = None

    def run(self) -> None:
        asyncio.run(self._poll())

    async def _poll(self) -> None:
        async with open_store(self.url, self.partition) as store:
            before = (await store.cursor()).get("next")
            self.ready.set()
            deadline = time.monotonic() + SECONDS_MAX
            while time.monotonic() < deadline:
                if (await store.cursor()).get("next") != before:
                    self.advanced_at = time.time()
                    return
                await asyncio.sleep(POLL_SECONDS)


@contextmanager
def watching(board: RunningBoard, study: SmallStudy) -> Generator[StoreWatch]:
    """A watch in a thread, which has seen the advance at the end of the block."""
    watch = StoreWatch(board.store, partition_of(study.name, board.partitions))
    thread = threading.Thread(target=watch.run)
    thread.start()
    assert watch.ready.wait(SECONDS_MAX)
    try:
        yield watch
    finally:
        thread.join(SECONDS_MAX)
    assert watch.advanced_at is not None, "nothing was folded"


@contextmanager
def busy_processors(count: int) -> Generator[None]:
    """*count* processes that compute without pause."""
    command = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(command) for _ in range(count)]
    try:
        yield
    finally:
        for each in processes:
            each.kill()
            each.wait()
