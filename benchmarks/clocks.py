"""Clocks of a measurement: CPU and wall seconds, seconds of the garbage collector, memory."""

from __future__ import annotations

import gc
import os
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

Measurement = dict[str, Any]


@dataclass(slots=True)
class Stopwatch:
    """CPU and wall seconds since its start.

    Rates are per CPU second: the work is done in one thread, and other processes on the machine
    must not change the result.
    """

    cpu: float
    wall: float

    @classmethod
    def start(cls) -> Stopwatch:
        """Collect garbage and return a running stopwatch."""
        gc.collect()
        return cls(process_time(), perf_counter())

    def elapsed(self) -> Measurement:
        """Return the seconds since the start."""
        return {"cpu": process_time() - self.cpu, "wall": perf_counter() - self.wall}


@dataclass(slots=True)
class GcTimer:
    """Sums the CPU seconds of the garbage collector while it is registered as a callback."""

    since: float = 0.0
    seconds: float = 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        """Add the time between start and stop of one collection."""
        if phase == "start":
            self.since = process_time()
        else:
            self.seconds += process_time() - self.since


def resident_bytes(process: str = "self") -> int:
    """Return the resident memory in bytes of *process*, a process id, or of this process."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
