"""A process of ``tocsin demo --stay``, and access to its broker and store from others."""

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
STAYS_TEXT = "The demo runs until Ctrl-C"


@dataclass
class Demo:
    """A process that runs ``tocsin demo --stay``, with its temporary files in *folder*."""

    process: subprocess.Popen[bytes]
    folder: Path
    output_file: Path

    @property
    def output(self) -> str:
        """What the demo has printed so far."""
        return self.output_file.read_text()

    def wait_until_log_ends(self) -> None:
        """Wait until the demo has produced and folded its log."""
        wait_until(lambda: STAYS_TEXT in self.output or self.ended, "the end of the log")
        assert not self.ended, self.output

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self.process.poll() is not None

    def exported_settings(self) -> dict[str, str]:
        """The TOCSIN_ settings that the demo prints for other terminals."""
        wait_until(lambda: EXPORT.search(self.output) is not None or self.ended, "the export line")
        match = EXPORT.search(self.output)
        assert match is not None, self.output
        pairs = (word.split("=", 1) for word in shlex.split(match[1]))
        return {name.removeprefix("TOCSIN_"): value for name, value in pairs}

    def interrupt(self) -> int:
        """Send SIGINT as Ctrl-C does, and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def running_demo(folder: Path, *arguments: str | Path) -> Generator[Demo]:
    """A demo with *arguments* and ``--stay``, killed if it runs at the end."""
    # pytest's temporary folders are too deep for the path of a Unix socket.
    scratch, output_file = Path(tempfile.mkdtemp(prefix="tocsin-")), folder / "demo"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")
    }
    with output_file.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tocsin", "demo", *map(str, arguments), "--stay"],
            env={**environment, "TMPDIR": str(scratch), "COLUMNS": "200"},
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
    """The broker and the store of a demo, which another terminal reaches by *settings*."""

    settings: dict[str, str] = field(default_factory=dict[str, str])

    def tocsin(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command with the settings of the demo and *settings*."""
        return tocsin(*arguments, **self.settings, **settings)

    def send(self, values: Iterable[bytes], study: str, partition: int) -> int:
        """Produce *values* from a file, and return the offset of the last."""
        file = self.folder / "more.jsonl"
        file.write_bytes(b"".join(value + b"\n" for value in values))
        result = self.tocsin("produce", str(file), "--quiet")
        assert result.returncode == 0, result.stderr
        return asyncio.run(end_offset(self.broker, LOG, partition)) - 1

    def topic_records(self, topic: str = ALERTS) -> list[LogRecord]:
        """The records of *topic*."""
        return asyncio.run(read_all_partitions(self.broker, topic))


@dataclass
class DemoDelivererSite(deliverers.DelivererSite):
    """The alert topic, the notification log and the delivery file of a demo."""

    def read_topic(self, topic: str) -> list[LogRecord]:
        """All records of *topic*."""
        return asyncio.run(read_all_partitions(self.broker, topic))

    def publish(self, *revisions: tuple[str, int, bytes]) -> None:
        """Publish alert revisions on the alert topic, as the outbox relay does."""
        asyncio.run(publish_alerts(self.broker, revisions))


async def publish_alerts(broker: str, revisions: Iterable[tuple[str, int, bytes]]) -> None:
    """Publish alert revisions on the alert topic of the demo's broker."""
    sender = KafkaSender(broker)
    for alert, revision, value in revisions:
        partition, key = partition_of(alert, PARTITIONS), f"{alert}:{revision}".encode()
        await sender.send(Message(topic=ALERTS, partition=partition, key=key, value=value))
    await sender.close()


async def end_offset(broker: str, topic: str, partition: int) -> int:
    """The offset after the last record of a partition."""
    log = KafkaLog(broker, topic, partition)
    try:
        return (await log.offset_range()).next
    finally:
        await log.close()


async def read_all_partitions(broker: str, topic: str) -> list[LogRecord]:
    """All records of *topic*, by partition; a demo's broker gives it four."""
    records: list[LogRecord] = []
    for partition in range(PARTITIONS):
        log = KafkaLog(broker, topic, partition)
        records += [record async for record in records_of(log)]
        await log.close()
    return records
