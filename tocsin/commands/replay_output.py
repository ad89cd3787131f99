"""What a replay shows: alerts as they ring, what is left out, then every study; and how it ends."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import orjson
from rich.console import Console
from rich.text import Text

from alerts.alert import Alert
from streams.replay.replay import NotIncluded, Replay
from streams.replay.result import account, result_line
from streams.replay.result_alerts import alert_line
from tocsin.commands.replay_options import Wishes
from tocsin.common.exits import Exit, Stop
from tocsin.common.plan_file import plan_in
from tocsin.common.terminal import paper, picture
from tocsin.display.study import not_included, show_alert, show_not_included, show_study

SHOWN_REFUSALS = 20


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
