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
from tests.contract.processes import PATIENCE_SECONDS, until
from tests.contract.terminals import heeding_ctrl_c
from tests.paths import ROOT

EXPORT = re.compile(r"^ *export (TOCSIN_.*)$", re.MULTILINE)
STAYS = "It stays open"


@dataclass
class Demo:
    """A process that runs ``tocsin demo --stay``, with its temporary files in *folder*."""

    process: subprocess.Popen[bytes]
    folder: Path
    says: Path

    @property
    def words(self) -> str:
        """What it has shown so far."""
        return self.says.read_text()

    def stays(self) -> None:
        """Wait until its log has ended."""
        until(lambda: STAYS in self.words or self.ended, "the end of the log")
        assert not self.ended, self.words

    @property
    def ended(self) -> bool:
        """Whether the process is no more."""
        return self.process.poll() is not None

    def exported(self) -> dict[str, str]:
        """The settings with which it says that other terminals reach it."""
        until(lambda: EXPORT.search(self.words) is not None or self.ended, "the line of exports")
        found = EXPORT.search(self.words)
        assert found is not None, self.words
        pairs = (word.split("=", 1) for word in shlex.split(found[1]))
        return {name.removeprefix("TOCSIN_"): value for name, value in pairs}

    def interrupt(self) -> int:
        """Press Ctrl-C; how it ended."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def running(folder: Path, *words: str | Path) -> Generator[Demo]:
    """A demo with *words* and ``--stay``, which is killed if it still runs at the end."""
    # The path of a socket is short, and pytest's own folders are deep.
    scratch, says = Path(tempfile.mkdtemp(prefix="tocsin-")), folder / "demo"
    clean = {name: told for name, told in os.environ.items() if not name.startswith("TOCSIN_")}
    with says.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tocsin", "demo", *map(str, words), "--stay"],
            env={**clean, "TMPDIR": str(scratch), "COLUMNS": "200"},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=heeding_ctrl_c,
        )
    try:
        yield Demo(process, scratch, says)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(PATIENCE_SECONDS)
        shutil.rmtree(scratch, ignore_errors=True)


@dataclass
class Line(workers.Site):
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
        return asyncio.run(end_of(self.broker, LOG, partition)) - 1

    def told(self, topic: str = ALERTS) -> list[LogRecord]:
        """The records of *topic*."""
        return asyncio.run(all_of(self.broker, topic))


@dataclass
class Ledger(deliverers.Site):
    """The alerts and the ledger of a demo, and its delivery file."""

    def read(self, topic: str) -> list[LogRecord]:
        """All records of *topic*."""
        return asyncio.run(all_of(self.broker, topic))

    def announce(self, *told: tuple[str, int, bytes]) -> None:
        """Put alerts onto their topic, as the relay does."""
        asyncio.run(sent(self.broker, told))


async def sent(broker: str, told: Iterable[tuple[str, int, bytes]]) -> None:
    sender = KafkaSender(broker)
    for alert, revision, value in told:
        place, key = partition_of(alert, PARTITIONS), f"{alert}:{revision}".encode()
        await sender.send(Message(topic=ALERTS, partition=place, key=key, value=value))
    await sender.close()


async def end_of(broker: str, topic: str, partition: int) -> int:
    """The offset after the last record of a partition."""
    log = KafkaLog(broker, topic, partition)
    try:
        return (await log.ends()).next
    finally:
        await log.close()


async def all_of(broker: str, topic: str) -> list[LogRecord]:
    """The records of all partitions that a demo's broker gives a topic."""
    found: list[LogRecord] = []
    for number in range(PARTITIONS):
        log = KafkaLog(broker, topic, number)
        found += [record async for record in records_of(log)]
        await log.close()
    return found
