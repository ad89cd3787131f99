"""``tocsin verify --audit``: verifies the hash chains of the audit trail."""

from __future__ import annotations

import json
import re
from pathlib import Path

from streams.audit.audit_log import TrailHead
from streams.audit.trails import open_trail_log
from streams.audit.verify import ChainReport, ChainVerifier
from streams.log import Log
from streams.log.file import FileLog
from streams.producers.file_producer import IN_FLIGHT_MAX
from streams.settings import Settings
from tocsin.common.exits import Exit, Stop
from tocsin.common.progress import ProgressBar
from tocsin.common.services import run_or_stop
from tocsin.common.terminal import printable

FAULTS_SHOWN_MAX = 20
NO_TRAIL = "TOCSIN_AUDIT names it; the first audited command creates it."
NO_COPY = "Name an existing copy; without --audit-file, the trail of TOCSIN_AUDIT is verified."
"""Remedies for a file that cannot be read."""

MARK_PATTERN = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


def verify_audit_log(
    settings: Settings, path: Path | None, mark: str | None, *, as_json: bool, show_progress: bool
) -> None:
    """Verify the trail and print its counts and its mark.

    *path* is a file with a copy, or None for the trail of TOCSIN_AUDIT; *mark* is the text of an
    earlier mark.  Raises Stop with 3 where the trail has faults.
    """
    report = run_or_stop(
        check_chains(
            open_verified_log(settings, path), parse_mark(mark), show_progress=show_progress
        )
    )
    print(as_json_text(report) if as_json else as_text(report), flush=True)
    if not report.faults:
        return
    if not as_json:
        for fault in report.faults[:FAULTS_SHOWN_MAX]:
            print(f"  {printable(str(fault))}")
        if len(report.faults) > FAULTS_SHOWN_MAX:
            print(f"  ... and {len(report.faults) - FAULTS_SHOWN_MAX} more")
    message = f"The audit trail differs from what was written: {printable(str(report.faults[0]))}"
    raise Stop(Exit.REJECTED, f"{message}. Keep a copy of it, and find out who had write access.")


def open_verified_log(settings: Settings, path: Path | None) -> Log:
    """Open the trail in the file at *path*, or the trail of TOCSIN_AUDIT.

    Raises Stop where there is none.
    """
    log = open_trail_log(settings) if path is None else FileLog(path)
    if log is None:
        raise Stop(Exit.USAGE, "TOCSIN_AUDIT is off: there is no audit trail.")
    if isinstance(log, FileLog):
        try:
            log.path.open("rb").close()
        except OSError as error:
            message = f"{printable(str(log.path))} cannot be read: {error.strerror}"
            raise Stop(Exit.USAGE, f"{message}. {NO_TRAIL if path is None else NO_COPY}") from None
    return log


async def check_chains(log: Log, expected: TrailHead | None, *, show_progress: bool) -> ChainReport:
    """Verify all entries of *log*, against the mark *expected* where one is given."""
    verifier = ChainVerifier(expected)
    try:
        ends = await log.offset_range()
        with ProgressBar("audit", ends.next, enabled=show_progress) as bar:
            position = ends.first
            while position < ends.next and (records := await log.read(position, IN_FLIGHT_MAX)):
                verifier.add(records)
                position = records[-1].offset + 1
                bar.set_completed(position)
    finally:
        await log.close()
    return verifier.finish()


def parse_mark(text: str | None) -> TrailHead | None:
    """Parse a mark `offset:digest`; raises Stop where *text* is none."""
    if text is None:
        return None
    match = MARK_PATTERN.fullmatch(text)
    if match is None:
        raise Stop(Exit.USAGE, f"--mark {text}: give a mark that `tocsin verify --audit` printed.")
    return TrailHead(int(match[1]), match[2])


def as_text(report: ChainReport) -> str:
    """The report as text."""
    count = len(report.faults)
    verdict = f"{count} FAULT{'S' * (count != 1)}" if count else "intact"
    entries = f"{report.entries} entr{'y' if report.entries == 1 else 'ies'}"
    chains = f"{report.writers} chain{'s' * (report.writers != 1)}"
    return f"audit: {entries}, {chains}: {verdict}\nmark {report.mark.offset}:{report.mark.digest}"


def as_json_text(report: ChainReport) -> str:
    """The report as JSON."""
    return json.dumps(
        {
            "entries": report.entries,
            "chains": report.writers,
            "again": report.repeated,
            "mark": f"{report.mark.offset}:{report.mark.digest}",
            "faults": [
                {"offset": each.offset, "entry": each.entry, "wrong": each.kind}
                for each in report.faults
            ],
        }
    )
