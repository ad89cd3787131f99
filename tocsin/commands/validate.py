"""``tocsin validate``: says of each line of a log whether a worker would refuse it."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import orjson
from cyclopts import Parameter

from monitor.errors import Refusal
from monitor.state.entities import RecordOutcome
from streams.log.file import record_of
from streams.processor.pipeline import Pipeline
from streams.producers.file_producer import late_reason, unsendable_reason
from streams.records.decode import decode
from streams.records.signing import Trust
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag, Json
from tocsin.common.log_file import LogFile
from tocsin.common.next_steps import next_step
from tocsin.common.settings import load_settings, load_trust_file
from tocsin.common.terminal import printable

STDIN = "-"
UNSENDABLE, LATE = "unsendable", "known_too_late"
"""Reasons of lines that `tocsin produce` does not send."""

CONFLICT = (
    "An earlier record has this id and version but other content.",
    "Send the correction as the next version.",
)
LATE_REMEDY = "Correct `known_at`, or the clock of the system that wrote it."
UNSENDABLE_REMEDY = "Correct the line: it cannot be a record of the log."


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a line would not be included: a reason, what it says, and the remedy."""

    line: int
    reason: str
    detail: str
    remedy: str


def validate(
    log: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    keys: str | None = None,
    json_lines: Json = False,
    quiet: Flag = False,
) -> None:
    """Say of each line of LOG whether a worker would refuse it, before anything is sent.

    Every line is folded as a worker would fold it, so a treatment that the plan lacks is found
    too.  Values are never printed.

    Exit codes: 0 every record would be included, 2 a flag, a file or a setting is invalid, 3 a
    line would be refused.

    Parameters
    ----------
    log
        A file of records, one JSON object per line, in the order of arrival; `-` is standard input.
    keys
        Accept only plans signed by these public keys; default TOCSIN_PLAN_KEYS_FILE.
    json_lines
        Print a JSON object for each line that would be refused.
    quiet
        Show no progress bar.
    """
    settings = load_settings()
    check = LogCheck(load_trust_file(keys or settings.plan_keys_file, settings.plan_signers))
    with open_log(log, show_progress=not quiet) as lines:
        for objection in check.objections(lines):
            print(_json_of(objection) if json_lines else _text_of(objection))
    if check.refused:
        raise Stop(Exit.REJECTED, f"{check.refused} of {check.lines} lines would be refused.")
    if not check.lines:
        raise Stop(Exit.REJECTED, f"{log} is empty: give a log of records that begins with a plan.")
    if not json_lines:
        print(f"{check.lines} records, none would be refused.")
        if str(log) != STDIN:
            _print_next_steps(str(log))


def _print_next_steps(log: str) -> None:
    next_step("tocsin", "replay", log)
    next_step("tocsin", "report", log, "--to", "report")


@contextmanager
def open_log(log: Path, *, show_progress: bool) -> Generator[Iterator[bytes]]:
    """Open the file *log*, or standard input for `-`, and yield its lines."""
    if str(log) == STDIN:
        stdin: BinaryIO = sys.stdin.buffer
        yield iter(stdin)
        return
    with LogFile(log, show_progress=show_progress).lines() as lines:
        yield lines


@dataclass(slots=True)
class LogCheck:
    """Folds a log and counts its lines, and those that a worker would not include."""

    trust: Trust
    lines: int = 0
    refused: int = 0
    pipeline: Pipeline = field(init=False)

    def __post_init__(self) -> None:
        self.pipeline = Pipeline(trust=self.trust)

    def objections(self, lines: Iterable[bytes]) -> Iterator[Objection]:
        """Yield what stands against each of *lines* in order."""
        for self.lines, raw in enumerate(lines, start=1):
            objection = self._objection(raw)
            if objection is not None:
                self.refused += 1
                yield objection

    def _objection(self, raw: bytes) -> Objection | None:
        line, log_record = self.lines, record_of(self.lines - 1, raw)
        record = decode(log_record.value)
        if isinstance(record, Refusal):
            return _refused(line, record)
        if reason := unsendable_reason(log_record):
            return Objection(line, UNSENDABLE, f"{reason}.", UNSENDABLE_REMEDY)
        if reason := late_reason(log_record.value):
            return Objection(line, LATE, f"{reason}.", LATE_REMEDY)
        result = self.pipeline.process(record, line)
        if result.refusal is not None:
            return _refused(line, result.refusal)
        if result.outcome is RecordOutcome.CONFLICT:
            return Objection(line, result.outcome.value, *CONFLICT)
        return None


def _refused(line: int, refusal: Refusal) -> Objection:
    return Objection(line, refusal.reason.value, refusal.detail, refusal.reason.remedy)


def _text_of(objection: Objection) -> str:
    text = f"{objection.reason}: {printable(objection.detail)} {objection.remedy}"
    return f"line {objection.line}: {text}"


def _json_of(objection: Objection) -> str:
    fields: dict[str, Any] = {
        "line": objection.line,
        "reason": objection.reason,
        "detail": objection.detail,
        "remedy": objection.remedy,
    }
    return orjson.dumps(fields).decode()
