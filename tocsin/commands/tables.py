"""``tocsin tables``: prints the rate tables of a study, from the store or from a log."""

from __future__ import annotations

from pathlib import Path

import orjson
from rich.console import Console
from rich.text import Text

from monitor.dates import iso
from monitor.evidence.summary import watch_summaries
from monitor.state.study import Study
from monitor.tables.tabulate import rate_rows
from streams.replay.replay import Replay
from streams.replay.result import tables_json
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Json
from tocsin.common.log_file import LogFile
from tocsin.common.terminal import cli_console, printable
from tocsin.display.tables import comparison_grid, event_grid, exposure_grid, select_terms

TERMS_SHOWN = 25


def tables(
    study: str,
    /,
    *,
    log: Path | None = None,
    terms: int = TERMS_SHOWN,
    json_lines: Json = False,
) -> None:
    """Print the tables of STUDY: exposure, events and rates by treatment, comparison of arms.

    They are those of the worker, from the store (TOCSIN_STORE), or with --log those of a file.
    The read of a live study is audited.

    Exit codes: 0 done, 2 a flag or a file is invalid, 3 there is no such study, 4 the store or the
    broker does not answer.

    Parameters
    ----------
    study
        Identifier of the study.
    log
        A file of records to replay, in place of the store.
    terms
        Number of terms: watched terms first, then by falling evidence.
    json_lines
        Print a JSON object with all rows, as in the result line of `tocsin replay`.
    """
    if log is not None:
        print_tables(_from_log(study, log), terms, as_json=json_lines)
        return
    # Imported here, because a file needs neither Kafka nor Redis.
    from tocsin.commands.tables_live import live_study

    with live_study(study) as found:
        print_tables(found, terms, as_json=json_lines)


def _from_log(name: str, log: Path) -> Study:
    replay_run = Replay()
    with LogFile(log, show_progress=True).lines() as lines:
        for _ in replay_run.run(lines):
            pass
    studies = {study.name: study for study in replay_run.studies}
    if name not in studies:
        has = f"it has {', '.join(studies)}" if studies else "its first record must be a `plan`"
        raise Stop(Exit.REJECTED, f"{log} has no study {printable(name)}: {printable(has)}.")
    return studies[name]


def print_tables(study: Study, terms_max: int, *, as_json: bool) -> None:
    """Print the tables of *study*, as a JSON object or for people."""
    if as_json:
        print(orjson.dumps(tables_json(study)).decode())
    else:
        show_tables(cli_console(), study, terms_max)


def show_tables(console: Console, study: Study, terms_max: int) -> None:
    """Print the tables of *study* for its first *terms_max* terms."""
    day = iso(study.as_of) if study.as_of else "(no record yet)"
    console.print(Text(f"{printable(study.plan.title)}, as of {day}", style="bold reverse"))
    rates = list(rate_rows(study))
    terms = select_terms(study, watch_summaries(study), terms_max)
    grids = exposure_grid(study), event_grid(rates, terms), comparison_grid(study, rates, terms)
    for grid in grids:
        if grid.rows:
            console.print()
            console.print(grid, crop=False)
