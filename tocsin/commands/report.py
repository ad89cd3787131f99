"""``tocsin report``: writes the closed and the open report of one look."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from board.follower.from_log import facts_of_records
from board.report.closed import closed_report
from board.report.files import ReportFormat, check_formats, write_reports
from board.report.pdf import FormatUnavailableError
from board.report.pooled import open_report, pool
from board.views.facts import StudyFacts
from monitor.errors import Refusal
from streams.records.decode import decode_in_batches
from streams.records.signing import TRUST_ANYONE, Trust
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag, parse_day
from tocsin.common.log_file import LogFile

DEFAULT_FORMATS = (ReportFormat.HTML, ReportFormat.CSV, ReportFormat.PDF)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """Which look to report, and in which formats.

    Parameters
    ----------
    as_of
        The day of the look (YYYY-MM-DD): records that became known later are left out.
    since
        First day (YYYY-MM-DD) of the interval of the listing of serious adverse events.
    study
        The study to report, where the file has several.
    formats
        html, csv, pdf or rtf; may be repeated. Default: html, csv and pdf. PDF needs the extra
        `report`, RTF the extra `rtf`.
    keys
        Accept only plans signed by these public keys (a file like TOCSIN_PLAN_KEYS_FILE).
    quiet
        Show no progress bar.
    """

    as_of: str | None = None
    since: str | None = None
    study: str | None = None
    formats: Annotated[tuple[ReportFormat, ...], Parameter(name="--format", negative="")] = (
        DEFAULT_FORMATS
    )
    keys: str | None = None
    quiet: Flag = False

    @property
    def known_until(self) -> int | None:
        """The day of the look as an ordinal, None for the present."""
        day = parse_day("--as-of", self.as_of)
        return None if day is None else day.toordinal()

    @property
    def interval_start(self) -> int | None:
        """The first day of the interval as an ordinal; raises Stop where it is after the look."""
        day, look = parse_day("--since", self.since), self.known_until
        if day is not None and look is not None and day.toordinal() > look:
            raise Stop(Exit.USAGE, f"--since {self.since} is after --as-of {self.as_of}.")
        return None if day is None else day.toordinal()


def report(source: str, /, *, to: Path, options: ReportOptions | None = None) -> None:
    """Write the closed and the open report of one look into a folder.

    TO/closed is for the board: by treatment, with alerts and evidence.  TO/open has all arms
    together, for readers who must not learn treatments.

    Exit codes: 0 done, 2 a flag or a file is invalid or a format's library is missing, 3 the study
    could not be opened, 4 the broker does not answer.

    Parameters
    ----------
    source
        A file of records, one JSON object per line, in the order of arrival; or the name of a study
        in the log on TOCSIN_BROKER.
    to
        Folder to write; it must not exist, or be empty.
    """
    options = options or ReportOptions()
    since = options.interval_start
    _check_folder(to)
    _check_formats(options.formats)
    facts = _read_facts(source, options)
    reports = {"closed": closed_report(facts, since), "open": open_report(pool(facts, since))}
    written, head = write_reports(to, reports, options.formats), reports["closed"].head
    print(
        f"{to}: {len(written)} files of {head.study} as of {head.as_of}, "
        f"plan {head.plan_sha256[:12]}, digest {head.digest[:12]}"
    )


def _check_formats(formats: Sequence[ReportFormat]) -> None:
    try:
        check_formats(formats)
    except FormatUnavailableError as error:
        without = [f"--format {each}" for each in formats if each in ("html", "csv")]
        remedy = " ".join(without) or "--format html"
        raise Stop(Exit.USAGE, f"{error}. Without that format: {remedy}.") from None


def _check_folder(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        message = f"{folder} exists and is not empty: a report is not overwritten"
        raise Stop(Exit.USAGE, f"{message}. Name another folder, or remove it.")


def _read_facts(source: str, options: ReportOptions) -> StudyFacts:
    study, known_until = options.study, options.known_until
    if Path(source).exists() or "/" in source or Path(source).suffix:
        trust = _read_trust(options.keys) if options.keys else TRUST_ANYONE
        with LogFile(Path(source), show_progress=not options.quiet).lines() as lines:
            records = (record for _, record in decode_in_batches(lines, bytes.strip))
            return _select(facts_of_records(records, known_until, trust), study, source)
    if study not in (None, source):
        raise Stop(Exit.USAGE, f"{source} is no file: --study belongs to a file of records.")
    return _read_topic(source, options)


def _read_topic(study: str, options: ReportOptions) -> StudyFacts:
    """Return the facts of *study* from the log; its read is audited."""
    # Imported here, because a Kafka client takes 0.25 s to load.
    from streams.audit.audit_log import AuditAction
    from streams.kafka.partitioner import partition_of
    from streams.kafka.topics import LOG
    from streams.log.kafka import KafkaLog
    from tocsin.commands.replay_options import TopicRange
    from tocsin.commands.replay_topic import decode_record, read_range
    from tocsin.common.audit import audit_command
    from tocsin.common.services import load_settings_quietly, service_errors
    from tocsin.common.settings import load_trust_file

    settings = load_settings_quietly()
    trust = load_trust_file(options.keys or settings.plan_keys_file, settings.plan_signers)
    with ExitStack() as stack:
        where = {"topic": LOG, "study": study}
        stack.enter_context(audit_command(settings, AuditAction.READ, where))
        stack.enter_context(service_errors())
        runner = stack.enter_context(asyncio.Runner())
        count = runner.run(KafkaLog(settings.broker, LOG, 0).identity()).partitions
        log = KafkaLog(settings.broker, LOG, partition_of(study, count))
        read = read_range(runner, log, TopicRange(topic=LOG), show_progress=not options.quiet)
        records = (decode_record(each, log.partition, count) for each in read)
        own = (each for each in records if isinstance(each, Refusal) or each.study == study)
        facts = facts_of_records(own, options.known_until, trust)
        return _select(facts, study, f"{LOG} on {settings.broker}")


def _select(facts_by_study: Iterable[StudyFacts], study: str | None, source: str) -> StudyFacts:
    """Return the facts of *study*, or of the only study; raises Stop for another number."""
    found = list(facts_by_study)
    names = ", ".join(facts.study.name for facts in found)
    chosen = [facts for facts in found if study in (None, facts.study.name)]
    if len(chosen) > 1:
        raise Stop(Exit.USAGE, f"{source} has several studies: add --study, one of {names}.")
    if not chosen:
        has = f"it has {names}" if names else "no plan opens one by that day"
        raise Stop(Exit.REJECTED, f"{source} has no study {study or ''}: {has}.")
    if chosen[0].study.as_of is None:
        raise Stop(Exit.REJECTED, f"{source}: no day is on record yet, so there is no look.")
    return chosen[0]


def _read_trust(keys: str) -> Trust:
    # Imported here, because only keys need settings.
    from tocsin.common.settings import load_settings, load_trust_file

    return load_trust_file(keys, load_settings().plan_signers)
