"""Observes a contender from outside: its progress in Redis, and its CPU time."""

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
    """Our connection to the store; it counts its own commands, to subtract them from the total."""

    url: str
    own_commands: int = 0
    client: Any = field(init=False)

    def __post_init__(self) -> None:
        self.client = Redis.from_url(self.url)

    def query(self, *commands: Command, atomic: bool = False) -> list[Any]:
        """Return the replies to *commands*, sent together; *atomic* uses one transaction."""
        with self.client.pipeline(transaction=atomic) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            self.own_commands += len(commands) + 2 * atomic
            return pipeline.execute()

    def flush(self) -> None:
        """Empty the store, and reset all counts of commands."""
        self.query(("FLUSHALL",), ("CONFIG", "RESETSTAT"))
        self.own_commands = 0

    def count_commands(self) -> int:
        """Return how many commands other clients had executed, including those inside functions."""
        (reply,) = self.query(("INFO", "commandstats"))
        stats = cast(dict[str, dict[str, int]], reply)
        # Redis counts a command when it ends: the RESETSTAT is included, this INFO is not.
        return sum(each["calls"] for each in stats.values()) - self.own_commands

    def count_function_calls(self) -> int:
        """Return how many calls of functions had been executed since the last flush."""
        (reply,) = self.query(("INFO", "commandstats"))
        stats = cast(dict[str, dict[str, int]], reply)
        return stats.get("cmdstat_fcall", {"calls": 0})["calls"]


class ExpectedCounts(Protocol):
    """The counts that a contender must leave in the store, and its progress towards them."""

    def count_folded(self, probe: StoreProbe) -> int:
        """Return how many records of the log are folded; 0 while the store shows none."""
        ...

    def is_complete(self, probe: StoreProbe) -> bool:
        """Return whether the last record of every partition is folded."""
        ...

    def first_difference(self, probe: StoreProbe) -> str | None:
        """Describe the first number that differs from the drawn one; None where all agree."""
        ...


@dataclass(frozen=True, slots=True)
class CpuReading:
    """A time, and the CPU seconds that a process and its children have used by then."""

    time: float
    cpu_seconds: float

    @classmethod
    def measure(cls, process: int) -> CpuReading:
        """Read the CPU time of *process* and of its children now."""
        return cls(time.monotonic(), cpu_seconds_of(process))


def cpu_seconds_of(process: int) -> float:
    """Return CPU seconds of *process*, of its running children, and of its ended children.

    0 where the process does not exist.
    """
    try:
        # The name may contain any character; field 3 is the first after it: proc(5).
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
