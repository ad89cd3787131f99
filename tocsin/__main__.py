"""Entry point of the command line: ``tocsin`` or ``python -m tocsin``."""

from __future__ import annotations

import os
import sys

from cyclopts import App, CycloptsPanel
from cyclopts.exceptions import CycloptsError

from tocsin.common.exits import Exit, Stop
from tocsin.common.gc_tuning import relax_gc
from tocsin.common.terminal import cli_console, exit_on_broken_pipe, replace_unencodable
from tocsin.common.version import version_line

app = App(
    name="tocsin",
    help="Live safety monitoring of clinical trials: rate tables, evidence, alerts, replay.",
    version=version_line,
)
# By import path: a command loads what it needs, such as a Kafka client in 0.25 s.
app.command("tocsin.commands.replay:replay", name="replay")
app.command("tocsin.commands.init:init", name="init")
app.command("tocsin.commands.check:check", name="check")
app.command("tocsin.commands.validate:validate", name="validate")
app.command("tocsin.commands.tables:tables", name="tables")
app.command(
    "tocsin.commands.ingest:app",
    name="ingest",
    help="Convert a study's data to a log that `tocsin replay` reads.",
)
app.command("tocsin.commands.report:report", name="report")
app.command("tocsin.commands.schema:schema", name="schema")
app.command("tocsin.commands.alerts:app", name="alerts", help="List, show and review alerts.")
app.command(
    "tocsin.commands.keys:app",
    name="keys",
    help="Create and show keys that sign plans and reviews.",
)
app.command("tocsin.commands.plan:app", name="plan", help="Sign a plan as a record of the log.")
app.command("tocsin.commands.topics:app", name="topics", help="Create and check the Kafka topics.")
app.command(
    "tocsin.commands.store:app",
    name="store",
    help="Load the functions of the store (Redis, Valkey).",
)
app.command("tocsin.commands.run:run", name="run")
app.command("tocsin.commands.deliver:deliver", name="deliver")
app.command(
    "tocsin.commands.quarantine:app",
    name="quarantine",
    help="List, show, release and redrive quarantined records and stopped partitions.",
)
app.command("tocsin.commands.produce:produce", name="produce")
app.command("tocsin.commands.tick:tick", name="tick")
app.command("tocsin.commands.doctor:doctor", name="doctor")
app.command("tocsin.commands.verify:verify", name="verify")
app.command("tocsin.commands.rebuild:rebuild", name="rebuild")
app.command(
    "tocsin.commands.board:app",
    name="board",
    help="Serve the page of a safety board, and enrol its members.",
)
app.command(
    "tocsin.commands.dictionary:app",
    name="dictionary",
    help="Write groups of a plan from dictionaries of medical terms.",
)
app.command(
    "tocsin.commands.intake:app",
    name="intake",
    help="Receive records over HTTP, and create tokens of its clients.",
)
app.command("tocsin.commands.demo:demo", name="demo")


def main() -> None:
    """Run the command and exit with its exit code (see ``Exit``)."""
    replace_unencodable()
    # Before a command is imported, because both shorten that by a tenth.
    relax_gc()
    limit_blas_threads()
    if not sys.argv[1:] or sys.argv[1] in app.help_flags:
        import_all_commands()
    try:
        app(exit_on_error=False, print_error=False)
        sys.stdout.flush()  # Raises BrokenPipeError here, not at interpreter exit.
    except CycloptsError as error:
        cli_console(stderr=True).print(CycloptsPanel(error))
        sys.exit(Exit.USAGE)
    except Stop as stop:
        print(f"tocsin: {stop}", file=sys.stderr)
        sys.exit(stop.code)
    except BrokenPipeError:
        exit_on_broken_pipe()


def limit_blas_threads() -> None:
    """Start no threads for linear algebra, which Tocsin does not use, unless the user sets them."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def import_all_commands() -> None:
    """Import every command, so that the list of commands includes each one's help text."""
    for name in app:
        app.__getitem__(name)  # The lookup imports the command's module.


if __name__ == "__main__":
    main()
