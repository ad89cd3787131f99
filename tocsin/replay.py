"""``tocsin replay``: a log from a file, through the same functions as live."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import orjson
from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from alerts.alert import Alert
from streams.replay import Replay, WhatIf
from streams.result import account, alert_line, result_line
from tocsin.exits import Exit, Stop
from tocsin.log_file import LogFile
from tocsin.plan_file import plan_in
from tocsin.show import not_included, show_alert, show_not_included, show_study
from tocsin.terminal import paper, picture

SHOWN_REFUSALS = 20

Flag = Annotated[bool, Parameter(negative="")]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How to replay, and what to print.

    Parameters
    ----------
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
        How many terms the tables show: what the plan watches first, then by falling evidence.
    svg
        Also draws what is printed as an SVG picture into this file.
    """

    plan: Path | None = None
    as_of: str | None = None
    onset_until: str | None = None
    json_lines: Annotated[bool, Parameter(name="--json", negative="")] = False
    strict: Flag = False
    fail_on_signal: Flag = False
    quiet: Flag = False
    terms: int = 25
    svg: Path | None = None

    @property
    def what_if(self) -> WhatIf:
        """How the replay departs from the log."""
        return WhatIf(
            plan=None if self.plan is None else plan_in(self.plan).toml,
            known_until=_day("--as-of", self.as_of),
            onsets_until=_day("--onset-until", self.onset_until),
        )


def replay(log: Path, /, *, wishes: Wishes | None = None) -> None:
    """Replay LOG: alerts as they ring, then tables, evidence by watch and the account of records.

    Exit codes: 0 done, 2 a flag, a file or a plan is wrong, 3 no study could be opened (with
    --strict: a record is not included), 10 a watch signalled (with --fail-on-signal).

    Parameters
    ----------
    log
        A file of records, one JSON object a line, in the order of their arrival.
    """
    wishes = wishes or Wishes()
    running = Replay(what_if=wishes.what_if)
    console = paper(drawn=wishes.svg is not None)
    file = LogFile(log, watched=not (wishes.quiet or wishes.json_lines))
    rang = False
    with file.lines() as lines:
        for alert in running.run(lines):
            rang |= alert.level == "signal"
            _tell(alert, running, None if wishes.json_lines else console)
    _report_refusals(running, file)
    if not running.studies:
        raise Stop(Exit.REJECTED, _nothing_to_show(running, wishes, log))
    _show_all(running, wishes, console)
    if wishes.strict and running.refusals:
        raise Stop(Exit.REJECTED, f"{not_included(len(running.refusals))} (--strict).")
    if wishes.fail_on_signal and rang:
        raise Stop(Exit.SIGNAL, "A watch signalled (--fail-on-signal).")


def _day(flag: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise Stop(Exit.USAGE, f"{flag} {text}: give a day as YYYY-MM-DD.")
    return day.toordinal()


def _tell(alert: Alert, running: Replay, console: Console | None) -> None:
    hypothetical = running.what_if.hypothetical
    if console is None:
        _print_json(alert_line(alert, hypothetical=hypothetical))
    else:
        show_alert(console, alert, hypothetical=hypothetical)


def _print_json(line: dict[str, Any]) -> None:
    """One line of NDJSON: UTF-8 whatever the locale, and there as soon as it is known."""
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()


def _report_refusals(running: Replay, file: LogFile) -> None:
    """Name the lines that are not in the tables, on stderr: what is left out is never silent."""
    errors = paper(stderr=True)
    for missed in running.refusals[:SHOWN_REFUSALS]:
        show_not_included(errors, missed, file.hint(missed))
    count = len(running.refusals)
    if count > SHOWN_REFUSALS:
        errors.print(f"... and {count - SHOWN_REFUSALS} more.")
    if count:
        errors.print(f"{not_included(count)}.", style="bold")
    accounts = [sum(account(running, study).values()) for study in running.studies]
    if accounts and sum(accounts) != running.lines:
        nowhere = running.lines - sum(accounts)
        says = f"{nowhere} of {running.lines} lines are in no study's account:"
        errors.print(Text(f"{says} they name none, or were left out as asked."))


def _nothing_to_show(running: Replay, wishes: Wishes, log: Path) -> str:
    if not running.lines:
        return f"{log} is empty: give a log of records, the plan first."
    if running.cut == running.lines:
        return f"{log} holds nothing known by {wishes.as_of}: give a later --as-of."
    if wishes.plan is not None:
        study = plan_in(wishes.plan).study
        return f"{log} has no record of study {study}: give --plan a plan of the log's study."
    return f"{log} opened no study: its first record must be a `plan`."


def _show_all(running: Replay, wishes: Wishes, console: Console) -> None:
    for study in running.studies:
        if wishes.json_lines:
            _print_json(result_line(running, study))
        else:
            show_study(console, running, study, terms=wishes.terms)
    if wishes.svg is not None:
        try:
            wishes.svg.write_text(picture(console), encoding="utf-8")
        except OSError as error:
            says = f"{wishes.svg} cannot be written: {error.strerror}."
            raise Stop(Exit.USAGE, says) from None
