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

from streams.producers.pace import Pace, Unpaced, parse_rate, parse_speed
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag
from tocsin.common.produce_file import print_sent, produce_file
from tocsin.common.services import load_settings_quietly, run_or_stop
from tocsin.common.terminal import exit_on_sigterm


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
        missing, sent = run_or_stop(
            produce_file(path, settings, pace, check=options.check, quiet=options.quiet)
        )
    print_sent(missing, sent)


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
