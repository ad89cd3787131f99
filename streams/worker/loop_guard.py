"""Ends the process from a thread of its own where the checks in the event loop do not return."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from streams.worker.progress import STALL_SECONDS

logger = logging.getLogger("tocsin")

TICK_SECONDS = 1.0
EXIT_STALLED = 1


@dataclass(slots=True)
class LoopGuard:
    """Ends the process after *ticks_max* seconds without a call of ``confirm``.

    The event loop of such a worker is blocked, so it can neither fold nor stop in order.  The store
    stays consistent.  Seconds are counted while the process runs, so a process that was suspended
    goes on.  *end_process* is called in the thread.
    """

    ticks_max: int = STALL_SECONDS
    tick_seconds: float = TICK_SECONDS
    end_process: Callable[[], None] = field(default=partial(os._exit, EXIT_STALLED))
    ticks: int = field(init=False, default=0)
    stopped: threading.Event = field(init=False, default_factory=threading.Event)

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self.watch, name="loop guard", daemon=True).start()

    def confirm(self) -> None:
        """Confirm that the event loop has completed its checks."""
        self.ticks = 0

    def stop(self) -> None:
        """End the thread, because the event loop has ended."""
        self.stopped.set()

    def watch(self) -> None:
        """Count ticks until stopped or until there are too many."""
        while not self.stopped.wait(self.tick_seconds):
            self.ticks += 1
            if self.ticks >= self.ticks_max:
                logger.critical(
                    "stopping: the event loop has completed no check for %d s", self.ticks_max
                )
                self.end_process()
                return
