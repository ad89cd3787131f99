"""``tocsin replay``: a log from a file, through the same functions as live."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Annotated, BinaryIO

from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

from alerts.alert import Alert
from monitor.plan import PlanError, read_plan
from streams.replay import Replay, WhatIf
from streams.result import alert_line, result_line
from tocsin.exits import Exit, Stop
from tocsin.show import show_alert, show_not_included, show_study

PROGRESS_EVERY = 500
SHOWN_REFUSALS = 20


def replay(
    log: Path,
    /,
    *,
    plan: Path | None = None,
    as_of: str | None = None,
    onset_until: str | None = None,
    json_lines: Annotated[bool, Parameter(name="--json", negative="")] = False,
    strict: Annotated[bool, Parameter(negative="")] = False,
    fail_on_signal: Annotated[bool, Parameter(negative="")] = False,
    quiet: Annotated[bool, Parameter(negative="")] = False,
    terms: int = 25,
    svg: Path | None = None,
) -> None:
    """Replay LOG: alerts as they ring, then tables, evidence by watch and the account of records.

    Parameters
    ----------
    log
        A file of records, one JSON object a line, in the order of their arrival.
    plan
        Replaces the log's plan; everything printed is then marked hypothetical.
    as_of
        Leaves out what became known after this day (YYYY-MM-DD).
    onset_until
        Leaves out events that began after this day (YYYY-MM-DD).
    json_lines
        Prints NDJSON: an `alert` line as each rings, a `result` line for each study at the end.
    strict
        Ends with exit code 3 if any record is not included.
    fail_on_signal
        Ends with exit code 10 if any watch signals.
    quiet
        Shows no progress.
    terms
        How many terms the tables show, by falling evidence of the screening.
    svg
        Also draws what is printed as an SVG picture into this file.
    """
    what_if = WhatIf(
        plan=None if plan is None else _plan_text(plan),
        known_until=_day("--as-of", as_of),
        onsets_until=_day("--onset-until", onset_until),
    )
    running = Replay(what_if=what_if)
    console = Console(record=svg is not None, width=118 if svg is not None else None)
    rang = False
    with closing(_lines(log, quiet=quiet or json_lines)) as lines:
        for alert in running.run(lines):
            rang |= alert.level == "signal"
            _tell(alert, running, None if json_lines else console)
    if not running.lines:
        raise Stop(Exit.REJECTED, f"{log} is empty: give a log of records, the plan first.")
    _report_refusals(running)
    if not running.studies:
        raise Stop(Exit.REJECTED, f"{log} opened no study: its first record must be a `plan`.")
    for study in running.studies:
        if json_lines:
            print(json.dumps(result_line(running, study), ensure_ascii=False))
        else:
            show_study(console, running, study, terms=terms)
    if svg is not None:
        console.save_svg(str(svg), title="tocsin replay")
    if strict and running.refusals:
        raise Stop(Exit.REJECTED, f"{len(running.refusals)} record(s) not included (--strict).")
    if fail_on_signal and rang:
        raise Stop(Exit.SIGNAL, "A watch signalled (--fail-on-signal).")


def _plan_text(path: Path) -> str:
    try:
        toml = path.read_text(encoding="utf-8")
        read_plan(toml)
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(Exit.USAGE, f"{path} cannot be read as a plan: {error}.") from None
    except PlanError as error:
        raise Stop(Exit.USAGE, f"{path}, {error}") from None
    return toml


def _day(flag: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise Stop(Exit.USAGE, f"{flag} {text}: give a day as YYYY-MM-DD.") from None


def _lines(log: Path, *, quiet: bool) -> Iterator[bytes]:
    """The lines of *log*, with a progress bar on stderr while somebody watches."""
    try:
        with log.open("rb") as file:
            if quiet or not sys.stderr.isatty():
                yield from file
            else:
                yield from _with_progress(file)
    except OSError as error:
        raise Stop(Exit.USAGE, f"{log} cannot be read: {error.strerror}.") from None


def _with_progress(file: BinaryIO) -> Iterator[bytes]:
    total = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    file.seek(0)
    columns = ("replaying", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("replay", total=total)
        for number, line in enumerate(file, start=1):
            yield line
            if number % PROGRESS_EVERY == 0:
                progress.update(task, completed=number)


def _tell(alert: Alert, running: Replay, console: Console | None) -> None:
    if console is None:
        line = alert_line(alert, hypothetical=running.what_if.hypothetical)
        print(json.dumps(line, ensure_ascii=False), flush=True)
    else:
        show_alert(console, alert)


def _report_refusals(running: Replay) -> None:
    """Name the lines that are not in the tables, on stderr: what is left out is never silent."""
    errors = Console(stderr=True, highlight=False)
    for missed in running.refusals[:SHOWN_REFUSALS]:
        show_not_included(errors, missed)
    more = len(running.refusals) - SHOWN_REFUSALS
    if more > 0:
        errors.print(f"... and {more} more.")
    if running.refusals:
        count = len(running.refusals)
        errors.print(f"{count} record{'s' * (count != 1)} not included.", style="bold")


