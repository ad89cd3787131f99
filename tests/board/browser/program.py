"""Runs broker, store, worker and board in one process, for a browser to look at.

Prints a line of JSON with the broker and an address for each member, and runs until SIGTERM.
"""

from __future__ import annotations

import json
import signal
import sys
from types import FrameType

from streams.local.demo_stack import DemoStack
from tocsin.commands.demo_board import DemoBoard
from tocsin.common.services import silence_libraries


def main(*members: str) -> None:
    """Serve until SIGTERM."""
    silence_libraries()
    stack = DemoStack(shared=True)
    page = DemoBoard(stack, members)
    try:
        assert page.start(), "the page does not start"
        services = {
            "broker": stack.broker.bootstrap,
            "store": stack.store.url,
            "partitions": stack.settings.log_partitions,
            "addresses": page.addresses,
        }
        print(json.dumps(services), flush=True)
        stack.worker_process.run()
    finally:
        page.close()
        stack.close()


def _stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    main(*sys.argv[1:])
