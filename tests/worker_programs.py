"""Runs a worker with an injected bug as a program of its own."""

from __future__ import annotations

import sys

from streams.store import LIVE_SPACE
from streams.worker.process import WorkerProcess
from tocsin.commands.run import run_worker
from tocsin.common.exits import Stop


def run_as_program(process: type[WorkerProcess]) -> None:
    """Run *process* as `tocsin run` runs the product's."""
    try:
        run_worker(LIVE_SPACE, process)
    except Stop as stop:
        print(f"tocsin: {stop}", file=sys.stderr)
        sys.exit(stop.code)
