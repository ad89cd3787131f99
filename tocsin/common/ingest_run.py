"""Runs an ingest: reads a study of any format, writes or sends its log, reports findings."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from streams.kafka.topics import LOG
from streams.sources.convert import Conversion, ConvertOptions, convert_study
from streams.sources.output import write_whole
from streams.sources.reader import StudyReader
from streams.sources.report import Group, IngestReport, UnreadableSource, across_files
from streams.store.keys import NAME_PATTERN
from tocsin.common.exits import Exit, Stop
from tocsin.common.log_file import refuse_other_kind
from tocsin.common.next_steps import next_step
from tocsin.common.plan_file import read_plan_file
from tocsin.common.produce_file import save_study, send_file
from tocsin.common.progress import ProgressBar, ProgressBars
from tocsin.common.terminal import printable

KAFKA = "kafka"
"""Target that is no file; a file of that name is `./kafka`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestRequest:
    """What every format's command takes: the study, where its log goes, its plan or its control."""

    study: str
    to: str
    plan: Path | None = None
    control: str | None = None
    previous: Path | None = None
    """Log of an earlier ingest; for Kafka it is what the topic has of the study."""


def run_ingest(reader: StudyReader, request: IngestRequest) -> None:
    """Convert what *reader* reads, and write or send it; the report goes to stderr.

    Raises Stop: 2 where a flag or a file name is invalid, 3 where a row is refused or the source
    cannot be read, in which case nothing is written, 4 where the broker does not answer.
    """
    check_study_name(request.study)
    check_targets(request)
    toml = None if request.plan is None else read_plan_file(request.plan).toml
    report = IngestReport()
    with (
        TemporaryDirectory(prefix="tocsin-ingest-") as work,
        earlier_log(request, Path(work)) as earlier,
    ):
        options = ConvertOptions(
            study=request.study,
            plan_toml=toml,
            control=request.control,
            earlier_name=str(request.previous or LOG),
            earlier_is_file=request.previous is not None,
            earlier_lines=earlier,
        )
        try:
            with ProgressBars() as bars:
                conversion = convert_study(reader, options, report, Path(work), bars.add)
        except UnreadableSource as error:
            print_report(report)
            raise Stop(Exit.REJECTED, f"{error}.") from None
        print_report(report)
        if report.refused:
            raise Stop(Exit.REJECTED, "Nothing is written: what is refused above has no record.")
        deliver(conversion, request, Path(work))
        conversion.staging.close()
    for note in conversion.notes:
        print(note, file=sys.stderr)


@contextmanager
def earlier_log(request: IngestRequest, work: Path) -> Generator[Iterable[bytes]]:
    """Yield the lines of the log that the study has already; none where it has none."""
    path = request.previous
    if path is None and request.to == KAFKA:
        path = work / "topic.jsonl"
        save_study(request.study, path)
    if path is None:
        yield ()
        return
    if request.previous is not None:
        refuse_other_kind(path)
    try:
        file = path.open("rb")
    except OSError as error:
        raise Stop(Exit.USAGE, f"{path} cannot be read: {error.strerror}.") from None
    with file:
        yield file


def deliver(conversion: Conversion, request: IngestRequest, work: Path) -> None:
    """Write the log of *conversion* to the file of *request*, or send it to Kafka."""
    count, to = conversion.count, request.to
    path = work / "log.jsonl" if to == KAFKA else Path(to)
    try:
        with ProgressBar("writing records", count) as bar:
            write_whole(path, conversion.log_lines(), bar.set_completed)
    except OSError as error:
        raise Stop(Exit.USAGE, f"{to} cannot be written: {error.strerror}.") from None
    if to == KAFKA:
        send_file(path)
        return
    print(f"{count} records written to {to}", file=sys.stderr)
    if request.previous is None:
        next_step("tocsin", "validate", to)
    elif count == 0:
        print(f"nothing changed since {request.previous}", file=sys.stderr)
    elif request.previous.is_file():
        print_next_of_changes(to, str(request.previous))
    else:  # A pipe, to which nothing can be appended.
        next_step("tocsin", "produce", to)


def print_next_of_changes(changes: str, log: str) -> None:
    """Print what to do with the file *changes*, which is no log without the earlier *log*."""
    print(f"next: {shlex.join(['cat', changes])} >> {shlex.quote(log)}", file=sys.stderr)
    next_step("tocsin", "validate", log)
    produce = shlex.join(["tocsin", "produce", changes])
    print(f"or, where workers have the log already: {produce}", file=sys.stderr)


def print_report(report: IngestReport) -> None:
    """Print the groups of *report* on stderr: first what is refused, then what was found."""
    for group in across_files(report.groups()):
        for line in group_lines(group):
            print(line, file=sys.stderr)


def group_lines(group: Group) -> Iterator[str]:
    """Yield the lines of one group: what, how often, where, and what it means or needs."""
    kind = "refused" if group.refused else "finding"
    where = f"{group.file} {group.column}".strip()
    rows = ", ".join(map(str, group.rows)) + (", ..." if group.count > len(group.rows) else "")
    place = f" ({printable(where)}, row{'s' * (group.count != 1)} {rows})" if where else ""
    yield f"{kind}: {group.count} x {group.problem.sentence}{place}: {group.problem.remedy}"


def check_targets(request: IngestRequest) -> None:
    """Raise Stop where the changes would replace the log with which they are compared."""
    previous, to = request.previous, Path(request.to)
    if previous is None or request.to == KAFKA or not (previous.exists() and to.exists()):
        return
    if previous.samefile(to):
        raise Stop(
            Exit.USAGE,
            f"--to {to} is the log of --previous, and only what changed is written: give --to a new"
            " file, then append it to the log.",
        )


def check_study_name(study: str) -> None:
    """Raise Stop where records cannot bear the name *study*."""
    if not NAME_PATTERN.fullmatch(study):
        raise Stop(
            Exit.USAGE,
            f"--study {printable(study)}: records cannot bear this name; give 1 to 64 characters "
            "of A-Z a-z 0-9 _ . : -.",
        )
