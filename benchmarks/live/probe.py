"""Watches a contender from outside: how far Redis shows it to be, and what it has cost."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

from redis import Redis

TICKS = os.sysconf("SC_CLK_TCK")
POLL_SECONDS = 0.01

Command = tuple[str, ...]


@dataclass(slots=True)
class StoreProbe:
    """Our own connection to the store; it counts what it asks, so that it can be left out."""

    url: str
    own_commands: int = 0
    client: Any = field(init=False)

    def __post_init__(self) -> None:
        self.client = Redis.from_url(self.url)

    def query(self, *commands: Command, atomic: bool = False) -> list[Any]:
        """The replies to *commands*, sent together; *atomic* are those of one moment."""
        with self.client.pipeline(transaction=atomic) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            self.own_commands += len(commands) + 2 * atomic
            return pipeline.execute()

    def flush(self) -> None:
        """Empty the store and begin to count."""
        self.query(("FLUSHALL",), ("CONFIG", "RESETSTAT"))
        self.own_commands = 0

    def count_commands(self) -> int:
        """How many commands others have had executed, those inside functions among them."""
        (reply,) = self.query(("INFO", "commandstats"))
        stats = cast(dict[str, dict[str, int]], reply)
        # Redis counts a command when it is done: it has the RESETSTAT, and not yet this INFO.
        return sum(each["calls"] for each in stats.values()) - self.own_commands


class ExpectedCounts(Protocol):
    """What a contender leaves in the store, and how far that shows it to be."""

    def count_folded(self, probe: StoreProbe) -> int:
        """How many records of the log have been folded; 0 while nothing shows."""
        ...

    def is_complete(self, probe: StoreProbe) -> bool:
        """Whether the last record of every partition has been folded."""
        ...

    def first_difference(self, probe: StoreProbe) -> str | None:
        """The first number that is not what was drawn; None where all are."""
        ...


@dataclass(frozen=True, slots=True)
class CpuReading:
    """An hour and the CPU time that processes had used by then."""

    time: float
    cpu_seconds: float

    @classmethod
    def measure(cls, process: int) -> CpuReading:
        """The present moment of *process* and of all that it has started."""
        return cls(time.monotonic(), cpu_seconds_of(process))


def cpu_seconds_of(process: int) -> float:
    """CPU seconds of *process*, of those it started, and of those that have ended since."""
    try:
        # After the name, which may hold anything, field 3 is the first: proc(5).
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        child_lists = [
            path.read_text() for path in Path(f"/proc/{process}/task").glob("*/children")
        ]
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    own_ticks = sum(map(int, fields[11:15])) / TICKS
    return own_ticks + sum(
        cpu_seconds_of(int(child)) for each in child_lists for child in each.split()
    )
