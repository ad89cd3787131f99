"""Prints a replay: alerts, records not included and studies; ends with its exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from alerts.alert import Alert
from alerts.dictionary import dictionary_of
from streams.replay.replay import ExcludedLine, Replay
from streams.replay.result import count_outcomes, result_line
from streams.replay.result_alerts import alert_line
from tocsin.commands.replay_options import Options
from tocsin.common.exits import Exit, Stop
from tocsin.common.plan_file import read_plan_file
from tocsin.common.terminal import cli_console, render_svg

if TYPE_CHECKING:
    from rich.console import Console

REFUSALS_SHOWN_MAX = 20


def print_alert(
    alert: Alert, replay_run: Replay, console: Console | None, position_label: str = "line"
) -> None:
    """Print *alert* on *console*, or without one as a JSON line.

    Findings are not printed on a console; their counts follow at the end.
    """
    hypothetical = replay_run.what_if.is_hypothetical
    if console is None:
        plan = next((one.plan for one in replay_run.studies if one.name == alert.study), None)
        dictionary = "" if plan is None else dictionary_of(plan, alert.watch)
        _print_json(alert_line(alert, hypothetical=hypothetical, dictionary=dictionary))
    elif alert.tracked:
        # What displays a study is imported where it is used: lines of JSON load no Rich.
        from tocsin.display.study import show_alert

        show_alert(console, alert, hypothetical=hypothetical, position_label=position_label)


def _print_json(line: dict[str, Any]) -> None:
    """Write one line of NDJSON in UTF-8, whatever the locale, and flush it at once."""
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()


def report_refusals(
    refusals: Sequence[ExcludedLine],
    hint: Callable[[ExcludedLine], str],
    position_label: str = "line",
) -> None:
    """Print on stderr which records are not included, and their number."""
    if not refusals:
        return
    from tocsin.display.study import excluded_text, show_excluded

    error_console = cli_console(stderr=True)
    for excluded in refusals[:REFUSALS_SHOWN_MAX]:
        show_excluded(error_console, excluded, hint(excluded), position_label=position_label)
    count = len(refusals)
    if count > REFUSALS_SHOWN_MAX:
        error_console.print(f"... and {count - REFUSALS_SHOWN_MAX} more.")
    error_console.print(f"{excluded_text(count)}.", style="bold")


def finish_replay(
    replay_run: Replay, options: Options, console: Console | None, log: str, *, has_signal: bool
) -> None:
    """Print the studies of the replay; *log* is the name for messages.

    Raises Stop with 3 where no study was opened or, with --strict, a record is not included; with
    10 where a watch signalled and --fail-on-signal is given.
    """
    _report_unaccounted(replay_run)
    if not replay_run.studies:
        raise Stop(Exit.REJECTED, _empty_replay_message(replay_run, options, log))
    _show_studies(replay_run, options, console)
    if options.strict and replay_run.excluded_lines:
        from tocsin.display.study import excluded_text

        raise Stop(Exit.REJECTED, f"{excluded_text(len(replay_run.excluded_lines))} (--strict).")
    if options.fail_on_signal and has_signal:
        raise Stop(Exit.SIGNAL, "A watch signalled (--fail-on-signal).")


def _report_unaccounted(replay_run: Replay) -> None:
    """Print on stderr how many lines are in no study's record counts."""
    record_counts = [
        sum(count_outcomes(replay_run, study).values()) for study in replay_run.studies
    ]
    if record_counts and sum(record_counts) != replay_run.lines:
        unaccounted = replay_run.lines - sum(record_counts)
        message = f"{unaccounted} of {replay_run.lines} lines are in no study's record counts:"
        text = f"{message} they name no study, or a flag excludes them."
        cli_console(stderr=True).print(text, markup=False)


def _empty_replay_message(replay_run: Replay, options: Options, log: str) -> str:
    if not replay_run.lines:
        return f"{log} is empty: give a log of records that begins with the plan."
    if replay_run.lines_after_cutoff == replay_run.lines:
        return f"{log} has no record known by {options.as_of}: give a later --as-of."
    if options.plan is not None:
        study = read_plan_file(options.plan).study
        return f"{log} has no record of study {study}: give --plan a plan of the log's study."
    return f"{log} opened no study: its first record must be a `plan`."


def _show_studies(replay_run: Replay, options: Options, console: Console | None) -> None:
    if options.json_lines:
        for study in replay_run.studies:
            _print_json(result_line(replay_run, study))
    elif console is not None:
        from tocsin.display.study import show_study

        for study in replay_run.studies:
            show_study(console, replay_run, study, terms_max=options.terms)
    if options.svg is not None and console is not None:
        try:
            options.svg.write_text(render_svg(console), encoding="utf-8")
        except OSError as error:
            message = f"{options.svg} cannot be written: {error.strerror}."
            raise Stop(Exit.USAGE, message) from None
