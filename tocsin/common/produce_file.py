"""Sends the records of a file to Kafka that its topic lacks, and reports what cannot be sent."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from streams.kafka.partitioner import partition_of
from streams.kafka.topics import LOG
from streams.log import LogUnreachable, records_of
from streams.log.file import FileLog
from streams.log.kafka import KafkaLog
from streams.producers.file_producer import (
    Backlog,
    LogWriter,
    find_backlog,
    missing_records,
    send_records,
)
from streams.producers.pace import Pace, Unpaced
from streams.settings import Settings
from tocsin.common.exits import Exit, Stop
from tocsin.common.progress import ProgressBar
from tocsin.common.services import check_partition_count, load_settings_quietly, run_or_stop
from tocsin.common.terminal import cli_console

LINES_SHOWN_MAX = 20


async def produce_file(
    path: Path, settings: Settings, pace: Pace, *, check: bool = True, quiet: bool = False
) -> tuple[Backlog, int]:
    """Send the missing records; returns the backlog that was found and the number sent.

    With *check*, a line that a worker would refuse to decode is not sent.
    """
    file, partitions, sent = FileLog(path), settings.log_partitions, 0
    try:
        await file.offset_range()
    except LogUnreachable as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
    await check_partition_count(settings)
    missing = await find_backlog(
        file,
        partitions,
        lambda number: KafkaLog(settings.broker, LOG, number),
        check=check,
    )
    async with LogWriter(settings.broker, LOG) as log_writer:
        with ProgressBar("producing", missing.count, enabled=not quiet) as bar:
            async for sent in send_records(
                missing_records(file, partitions, missing), log_writer, pace
            ):
                bar.set_completed(sent)
    await file.close()
    return missing, sent


def send_file(path: Path) -> None:
    """Send the records of *path* that the topic lacks, without a pause; raises Stop."""
    settings = load_settings_quietly()
    print_sent(*run_or_stop(produce_file(path, settings, Unpaced(), quiet=True)))


def save_study(study: str, path: Path) -> None:
    """Write what the topic has of *study* to *path*, one record a line; raises Stop."""
    run_or_stop(_save_study(study, path, load_settings_quietly()))


async def _save_study(study: str, path: Path, settings: Settings) -> None:
    await check_partition_count(settings)
    log = KafkaLog(settings.broker, LOG, partition_of(study, settings.log_partitions))
    try:
        with path.open("wb") as file:
            async for record in records_of(log, (await log.offset_range()).first):
                if record.key == study.encode() and record.value is not None:
                    file.write(record.value + b"\n")
    finally:
        await log.close()


def print_sent(missing: Backlog, sent: int) -> None:
    """Print how many records were sent; raises Stop with 3 where a line could not be."""
    existing = missing.already_written.total()
    print(f"{sent} record{'s' * (sent != 1)} sent, {existing} already in the topic.")
    report_unsendable(missing)


def report_unsendable(missing: Backlog) -> None:
    """Print on stderr the lines that were not sent; raises Stop with 3 if there are any."""
    lines = missing.unsendable_lines
    error_console = cli_console(stderr=True)
    for each in lines[:LINES_SHOWN_MAX]:
        error_console.print(Text(f"line {each.line}: not sent: {each.reason}"), soft_wrap=True)
    if lines:
        raise Stop(Exit.REJECTED, f"{len(lines)} line{'s' * (len(lines) != 1)} not sent.")
