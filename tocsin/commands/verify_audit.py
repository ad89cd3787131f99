"""``tocsin verify --audit``: whether the audit is what was written."""

from __future__ import annotations

import json
import re
from pathlib import Path

from streams.audit.audit_log import Head
from streams.audit.trails import trail_log
from streams.audit.verify import Audited, Checker
from streams.log import Log
from streams.log.file import FileLog
from streams.producers.file_producer import AT_ONCE
from streams.settings import Settings
from tocsin.common.exits import Exit, Stop
from tocsin.common.progress import Bar
from tocsin.common.services import answered
from tocsin.common.terminal import plain

SHOWN = 20
NO_TRAIL = "TOCSIN_AUDIT names it; it is there once a command has noted something."
NO_COPY = "Name the file that holds the copy; without --audit-file it is the audit of TOCSIN_AUDIT."
"""What to do about a file that is not there."""

MARK = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


def verify(
    settings: Settings, path: Path | None, kept: str | None, *, as_json: bool, watched: bool
) -> None:
    """Print what the trail holds, and its mark; stop with 3 where something is wrong with it."""
    found = answered(checked(opened(settings, path), mark_in(kept), watched=watched))
    print(in_json(found) if as_json else in_words(found), flush=True)
    if not found.faults:
        return
    if not as_json:
        for fault in found.faults[:SHOWN]:
            print(f"  {plain(str(fault))}")
        if len(found.faults) > SHOWN:
            print(f"  ... and {len(found.faults) - SHOWN} more")
    says = f"The audit is not what was written: {plain(str(found.faults[0]))}"
    raise Stop(Exit.REJECTED, f"{says}. Keep a copy as it is, and find out who could write to it.")


def opened(settings: Settings, path: Path | None) -> Log:
    """The audit in the file at *path*, or else where the settings say; Stop where it is not."""
    log = trail_log(settings) if path is None else FileLog(path)
    if log is None:
        raise Stop(Exit.USAGE, "TOCSIN_AUDIT is off: there is no audit.")
    if isinstance(log, FileLog):
        try:
            log.path.open("rb").close()
        except OSError as error:
            says = f"{plain(str(log.path))} cannot be read: {error.strerror}"
            raise Stop(Exit.USAGE, f"{says}. {NO_TRAIL if path is None else NO_COPY}") from None
    return log


async def checked(log: Log, kept: Head | None, *, watched: bool) -> Audited:
    """What is found of the whole of *log*."""
    checker = Checker(kept)
    try:
        ends = await log.ends()
        with Bar("audit", ends.next, watched=watched) as bar:
            at = ends.first
            while at < ends.next and (records := await log.read(at, AT_ONCE)):
                checker.take(records)
                at = records[-1].offset + 1
                bar.show(at)
    finally:
        await log.close()
    return checker.close()


def mark_in(text: str | None) -> Head | None:
    """The mark that *text* is."""
    if text is None:
        return None
    found = MARK.fullmatch(text)
    if found is None:
        raise Stop(Exit.USAGE, f"--mark {text}: give one that `tocsin verify --audit` printed.")
    return Head(int(found[1]), found[2])


def in_words(found: Audited) -> str:
    """What a person is told of a trail."""
    count = len(found.faults)
    how = f"{count} FAULT{'S' * (count != 1)}" if count else "whole"
    entries = f"{found.entries} entr{'y' if found.entries == 1 else 'ies'}"
    chains = f"{found.writers} chain{'s' * (found.writers != 1)}"
    return f"audit: {entries}, {chains}: {how}\nmark {found.mark.offset}:{found.mark.digest}"


def in_json(found: Audited) -> str:
    """The same for a program."""
    return json.dumps(
        {
            "entries": found.entries,
            "chains": found.writers,
            "again": found.again,
            "mark": f"{found.mark.offset}:{found.mark.digest}",
            "faults": [
                {"offset": each.offset, "entry": each.entry, "wrong": each.wrong}
                for each in found.faults
            ],
        }
    )
