"""The command line: ``tocsin``, and ``python -m tocsin``."""

from __future__ import annotations

import sys

from cyclopts import App
from cyclopts.exceptions import CycloptsError

from tocsin import ingest, replay, schema
from tocsin.exits import Exit, Stop

app = App(
    name="tocsin",
    help="Live safety monitoring of clinical trials: rate tables, evidence, alerts, replay.",
    version_flags=["--version"],
)
app.command(replay.replay)
app.command(ingest.app)
app.command(schema.schema)


def main() -> None:
    """Run the command; its exit code says how it ended."""
    try:
        app(exit_on_error=False, print_error=True)
    except CycloptsError:
        sys.exit(Exit.USAGE)
    except Stop as stop:
        print(f"tocsin: {stop}", file=sys.stderr)
        sys.exit(stop.code)
    except BrokenPipeError:
        sys.stderr.close()


if __name__ == "__main__":
    main()
