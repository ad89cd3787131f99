"""``tocsin replay``: a log from a file, through the same functions as live."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import orjson
from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from alerts.alert import Alert
from streams.decode import AHEAD
from streams.pipeline import Pipeline
from streams.replay import NotIncluded, Replay, WhatIf
from streams.result import account, result_line
from streams.result_alerts import alert_line
from tocsin.exits import Exit, Stop
from tocsin.log_file import LogFile
from tocsin.plan_file import plan_in
from tocsin.settled import trust_of
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
    keys
        Takes plans only by these public keys, a file as of TOCSIN_PLAN_KEYS_FILE, and reviews
        only by the plan's board; without it a file's plans count unsigned.
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
    keys: str | None = None
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


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Which stretch of a topic to replay, and where to.

    Parameters
    ----------
    topic
        Replays this topic of TOCSIN_BROKER instead of a file: trial.log.v1, unless it is named.
    partition
        Of the topic only this partition; may be given again.
    begin
        Of the topic only from this offset on, or from this day or instant of production on.
    until
        Of the topic only what lies before this offset, day or instant.
    space
        Folds the topic into Redis (TOCSIN_STORE), into this space of its own, and shows no tables.
        Nothing in it is ever announced to anybody.
    """

    topic: bool | str = False
    partition: tuple[int, ...] = ()
    begin: Annotated[str | None, Parameter(name="--from")] = None
    until: str | None = None
    space: str | None = None


def replay(
    log: Path | None = None,
    /,
    *,
    wishes: Wishes | None = None,
    stretch: Stretch | None = None,
) -> None:
    """Replay LOG: alerts as they ring, then tables, evidence by watch and the account of records.

    Exit codes: 0 done, 2 a flag, a file or a plan is wrong, 3 no study could be opened (with
    --strict: a record is not included), 4 no broker or no store, 10 a watch signalled (with
    --fail-on-signal).

    Parameters
    ----------
    log
        A file of records, one JSON object a line, in the order of their arrival.
    """
    wishes, stretch = wishes or Wishes(), stretch or Stretch()
    if (log is None) == (stretch.topic is False):
        raise Stop(Exit.USAGE, "Give a LOG to replay, or --topic: one of them.")
    if log is None:
        from tocsin import replay_topic  # A Kafka client costs what a file need not wait for.

        replay_topic.replay(stretch, wishes)
        return
    if stretch != Stretch():
        raise Stop(Exit.USAGE, "--partition, --from, --until and --space are for --topic.")
    _replay_file(log, wishes)


def _replay_file(log: Path, wishes: Wishes) -> None:
    running = Replay(what_if=wishes.what_if, pipeline=Pipeline(trust=trust_of(wishes.keys)))
    console = paper(drawn=wishes.svg is not None)
    file = LogFile(log, watched=not (wishes.quiet or wishes.json_lines))
    rang = False
    with file.lines() as lines:
        # Of a pipe each line is folded as it comes: the next may be a while.
        for alert in running.run(lines, AHEAD if log.is_file() else 1):
            rang |= alert.level == "signal"
            tell(alert, running, None if wishes.json_lines else console)
    report_refusals(running.refusals, file.hint)
    close(running, wishes, console, str(log), rang=rang)


def close(running: Replay, wishes: Wishes, console: Console, log: str, *, rang: bool) -> None:
    """Show what *log* came to, and end as it was asked."""
    _report_nowhere(running)
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


def tell(alert: Alert, running: Replay, console: Console | None, place: str = "line") -> None:
    """Ring *alert*, for a person or, without a *console*, for a program.

    A person is shown the findings by their number, at the end.
    """
    hypothetical = running.what_if.hypothetical
    if console is None:
        _print_json(alert_line(alert, hypothetical=hypothetical))
    elif alert.tracked:
        show_alert(console, alert, hypothetical=hypothetical, place=place)


def _print_json(line: dict[str, Any]) -> None:
    """One line of NDJSON: UTF-8 whatever the locale, and there as soon as it is known."""
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()


def report_refusals(
    refusals: Sequence[NotIncluded], hint: Callable[[NotIncluded], str], place: str = "line"
) -> None:
    """Name what is not in the tables, on stderr: what is left out is never silent."""
    errors = paper(stderr=True)
    for missed in refusals[:SHOWN_REFUSALS]:
        show_not_included(errors, missed, hint(missed), place=place)
    count = len(refusals)
    if count > SHOWN_REFUSALS:
        errors.print(f"... and {count - SHOWN_REFUSALS} more.")
    if count:
        errors.print(f"{not_included(count)}.", style="bold")


def _report_nowhere(running: Replay) -> None:
    """Say how many lines are in no study's account."""
    accounts = [sum(account(running, study).values()) for study in running.studies]
    if accounts and sum(accounts) != running.lines:
        nowhere = running.lines - sum(accounts)
        says = f"{nowhere} of {running.lines} lines are in no study's account:"
        errors = paper(stderr=True)
        errors.print(Text(f"{says} they name none, or were left out as asked."))


def _nothing_to_show(running: Replay, wishes: Wishes, log: str) -> str:
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
