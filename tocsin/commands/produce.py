"""``tocsin produce``: sends the records of a file to Kafka, each once."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from streams.kafka.topics import LOG
from streams.log import LogUnreachable
from streams.log.file import FileLog
from streams.log.kafka import KafkaLog
from streams.producers.file_producer import (
    Backlog,
    LogWriter,
    find_backlog,
    missing_records,
    send_records,
)
from streams.producers.pace import Pace, Unpaced, parse_rate, parse_speed
from streams.settings import Settings
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag
from tocsin.common.progress import ProgressBar
from tocsin.common.services import check_partition_count, load_settings_quietly, run_or_stop
from tocsin.common.terminal import cli_console, exit_on_sigterm

LINES_SHOWN_MAX = 20


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How fast to send records.

    Parameters
    ----------
    rate
        Records per second, such as 500/s.
    speed
        `max`, or a multiple of the speed at which the records became known, such as 60x.
    quiet
        Show no progress bar.
    check
        Send no line that a worker would refuse to decode; --no-check sends it.
    """

    rate: str | None = None
    speed: str | None = None
    quiet: Flag = False
    check: bool = True

    @property
    def pace(self) -> Pace:
        """The requested pace, by default without waiting; raises Stop where it is invalid."""
        if self.rate is not None and self.speed is not None:
            raise Stop(Exit.USAGE, "Give --rate or --speed, not both.")
        try:
            if self.rate is not None:
                return parse_rate(self.rate)
            return Unpaced() if self.speed is None else parse_speed(self.speed)
        except ValueError as error:
            raise Stop(Exit.USAGE, f"{error}.") from None


def produce(
    log: Annotated[Path, Parameter(allow_leading_hyphen=True)], /, *, options: Options | None = None
) -> None:
    """Send the records of LOG that the topic lacks to Kafka, each to its study's partition.

    After an interruption, the next run continues.  A file that is in the topic already adds
    nothing.  The broker is TOCSIN_BROKER; its topic must have TOCSIN_LOG_PARTITIONS partitions.

    Exit codes: 0 done, 2 a flag, a file or a setting is invalid, 3 a line was not sent because it
    names no study, is too large or is refused by the check, 4 the broker does not answer.

    Parameters
    ----------
    log
        A file of records, one JSON object per line, in the order of arrival; `-` is standard
        input, which is read to its end first.
    """
    options = options or Options()
    settings, pace = load_settings_quietly(), options.pace
    exit_on_sigterm()
    with input_file(log) as path:
        missing, sent = run_or_stop(produce_file(path, settings, pace, options))
    existing = missing.already_written.total()
    print(f"{sent} record{'s' * (sent != 1)} sent, {existing} already in the topic.")
    report_unsendable(missing)


@contextmanager
def input_file(path: Path) -> Generator[Path]:
    """Yield *path*; for `-` a temporary file with standard input, which is read twice."""
    if str(path) != "-":
        yield path
        return
    with NamedTemporaryFile(prefix="tocsin-", suffix=".jsonl") as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.flush()
        yield Path(copy.name)


async def produce_file(
    path: Path, settings: Settings, pace: Pace, options: Options
) -> tuple[Backlog, int]:
    """Send the missing records; returns the backlog that was found and the number sent."""
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
        check=options.check,
    )
    async with LogWriter(settings.broker, LOG) as log_writer:
        with ProgressBar("producing", missing.count, enabled=not options.quiet) as bar:
            async for sent in send_records(
                missing_records(file, partitions, missing), log_writer, pace
            ):
                bar.set_completed(sent)
    await file.close()
    return missing, sent


def report_unsendable(missing: Backlog) -> None:
    """Print on stderr the lines that were not sent; raises Stop with 3 if there are any."""
    lines = missing.unsendable_lines
    error_console = cli_console(stderr=True)
    for each in lines[:LINES_SHOWN_MAX]:
        error_console.print(Text(f"line {each.line}: not sent: {each.reason}"), soft_wrap=True)
    if lines:
        raise Stop(Exit.REJECTED, f"{len(lines)} line{'s' * (len(lines) != 1)} not sent.")
