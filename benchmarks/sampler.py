"""Samples which function runs, by a timer of CPU time: unlike cProfile, it costs no call anything.

cProfile taxes each call alike, so many small functions look more expensive than they are.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePath
from types import CodeType, FrameType

INTERVAL_SECONDS = 0.001


@dataclass(slots=True)
class Samples:
    """Samples by function: *own* where it ran itself, *inclusive* where it is on the stack.

    Time in C counts for the Python function that called it.
    """

    count: int = 0
    own: Counter[CodeType] = field(default_factory=Counter[CodeType])
    inclusive: Counter[CodeType] = field(default_factory=Counter[CodeType])

    def add(self, frame: FrameType | None) -> None:
        """Count one sample of the stack that ends with *frame*."""
        if frame is None:
            return
        self.count += 1
        self.own[frame.f_code] += 1
        on_stack: set[CodeType] = set()
        while frame is not None:
            on_stack.add(frame.f_code)
            frame = frame.f_back
        self.inclusive.update(on_stack)

    def share_of(self, code: CodeType) -> float:
        """Return the share of samples in which the function of *code* is on the stack."""
        return self.inclusive[code] / max(1, self.count)


@contextmanager
def sampling(interval: float = INTERVAL_SECONDS) -> Generator[Samples]:
    """Sample the main thread every *interval* CPU seconds, and yield the samples."""
    samples = Samples()
    previous = signal.signal(signal.SIGPROF, lambda _, frame: samples.add(frame))
    signal.setitimer(signal.ITIMER_PROF, interval, interval)
    try:
        yield samples
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def name_of(code: CodeType) -> str:
    """Return the function of *code* with the last two parts of its file's path."""
    path = "/".join(PurePath(code.co_filename).parts[-2:])
    return f"{path}:{code.co_firstlineno} {code.co_name}"
