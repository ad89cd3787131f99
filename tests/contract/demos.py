"""A demo that stays open, as a process, and what other processes find in its broker and store."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from streams.kafka.partitioner import partition_of
from streams.kafka.sender import KafkaSender, Message
from streams.kafka.topics import ALERTS, LOG
from streams.log import LogRecord, records_of
from streams.log.kafka import KafkaLog
from tests.contract import deliverers, workers
from tests.contract.commands import tocsin
from tests.contract.deliverers import PARTITIONS
from tests.contract.processes import PATIENCE_SECONDS, wait_until
from tests.contract.terminals import restore_sigint
from tests.paths import ROOT

EXPORT = re.compile(r"^ *export (TOCSIN_.*)$", re.MULTILINE)
STAYS_TEXT = "It stays open"


@dataclass
class Demo:
    """A process that runs ``tocsin demo --stay``, with its temporary files in *folder*."""

    process: subprocess.Popen[bytes]
    folder: Path
    output_file: Path

    @property
    def output(self) -> str:
        """What it has shown so far."""
        return self.output_file.read_text()

    def wait_until_log_ends(self) -> None:
        """Wait until its log has ended."""
        wait_until(lambda: STAYS_TEXT in self.output or self.ended, "the end of the log")
        assert not self.ended, self.output

    @property
    def ended(self) -> bool:
        """Whether the process is no more."""
        return self.process.poll() is not None

    def exported_settings(self) -> dict[str, str]:
        """The settings with which it says that other terminals reach it."""
        wait_until(
            lambda: EXPORT.search(self.output) is not None or self.ended, "the line of exports"
        )
        found = EXPORT.search(self.output)
        assert found is not None, self.output
        pairs = (word.split("=", 1) for word in shlex.split(found[1]))
        return {name.removeprefix("TOCSIN_"): value for name, value in pairs}

    def interrupt(self) -> int:
        """Press Ctrl-C; how it ended."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def running_demo(folder: Path, *words: str | Path) -> Generator[Demo]:
    """A demo with *words* and ``--stay``, which is killed if it still runs at the end."""
    # The path of a socket is short, and pytest's own folders are deep.
    scratch, output_file = Path(tempfile.mkdtemp(prefix="tocsin-")), folder / "demo"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    with output_file.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tocsin", "demo", *map(str, words), "--stay"],
            env={**clean, "TMPDIR": str(scratch), "COLUMNS": "200"},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=restore_sigint,
        )
    try:
        yield Demo(process, scratch, output_file)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(PATIENCE_SECONDS)
        shutil.rmtree(scratch, ignore_errors=True)


@dataclass
class DemoSite(workers.WorkerSite):
    """The broker and the store of a demo, as another terminal reaches them: under *settings*."""

    settings: dict[str, str] = field(default_factory=dict[str, str])

    def tocsin(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """A command."""
        return tocsin(*words, **self.settings, **settings)

    def send(self, values: Iterable[bytes], study: str, partition: int) -> int:
        """Put *values* into the log, from a file; the offset of the last."""
        file = self.folder / "more.jsonl"
        file.write_bytes(b"".join(value + b"\n" for value in values))
        done = self.tocsin("produce", str(file), "--quiet")
        assert done.returncode == 0, done.stderr
        return asyncio.run(end_offset(self.broker, LOG, partition)) - 1

    def topic_records(self, topic: str = ALERTS) -> list[LogRecord]:
        """The records of *topic*."""
        return asyncio.run(read_all_partitions(self.broker, topic))


@dataclass
class DemoDelivererSite(deliverers.DelivererSite):
    """The alerts and the ledger of a demo, and its delivery file."""

    def read_topic(self, topic: str) -> list[LogRecord]:
        """All records of *topic*."""
        return asyncio.run(read_all_partitions(self.broker, topic))

    def publish(self, *revisions: tuple[str, int, bytes]) -> None:
        """Put alerts onto their topic, as the relay does."""
        asyncio.run(publish_alerts(self.broker, revisions))


async def publish_alerts(broker: str, revisions: Iterable[tuple[str, int, bytes]]) -> None:
    sender = KafkaSender(broker)
    for alert, revision, value in revisions:
        target, key = partition_of(alert, PARTITIONS), f"{alert}:{revision}".encode()
        await sender.send(Message(topic=ALERTS, partition=target, key=key, value=value))
    await sender.close()


async def end_offset(broker: str, topic: str, partition: int) -> int:
    """The offset after the last record of a partition."""
    log = KafkaLog(broker, topic, partition)
    try:
        return (await log.offset_range()).next
    finally:
        await log.close()


async def read_all_partitions(broker: str, topic: str) -> list[LogRecord]:
    """The records of all partitions that a demo's broker gives a topic."""
    found: list[LogRecord] = []
    for number in range(PARTITIONS):
        log = KafkaLog(broker, topic, number)
        found += [record async for record in records_of(log)]
        await log.close()
    return found
