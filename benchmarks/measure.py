"""One measurement in a process of its own: `python -m benchmarks.measure KIND LOG` prints JSON."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from cProfile import Profile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from benchmarks.steps import largest, steps
from benchmarks.truth import hold, live_cases
from monitor.state.entities import Outcome
from streams.processor.pipeline import Pipeline
from streams.replay.replay import Replay
from streams.replay.result import result_line
from tocsin.common.gc_tuning import spare_the_collector

Measurement = dict[str, Any]


@dataclass(slots=True)
class Clock:
    """Seconds of work and of waiting since it was made.

    Rates are per CPU second: one thread works, and what other processes do on the machine
    should not be ours.
    """

    cpu: float
    wall: float

    @classmethod
    def start(cls) -> Clock:
        """A clock that runs from now on."""
        gc.collect()
        return cls(process_time(), perf_counter())

    def read(self) -> Measurement:
        """The seconds until now."""
        return {"cpu": process_time() - self.cpu, "wall": perf_counter() - self.wall}


@dataclass(slots=True)
class Collector:
    """How long the garbage collector worked while the callback was in place."""

    since: float = 0.0
    seconds: float = 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        """Called by the collector as it starts and stops."""
        if phase == "start":
            self.since = process_time()
        else:
            self.seconds += process_time() - self.since


def replay(log: Path, *, shortcuts: bool = True) -> Measurement:
    """Replay *log* as the product does, then hold its account and its tables to the truth."""
    running, collector = Replay(pipeline=Pipeline(shortcuts=shortcuts)), Collector()
    gc.callbacks.append(collector)
    clock = Clock.start()
    rang = _run(running, log)
    found = clock.read() | {"reports": running.lines, "alerts": len(rang)}
    gc.callbacks.remove(collector)
    found |= {"collecting": collector.seconds}
    return found | check(running, log) | {"digest": sha256("\n".join(rang).encode()).hexdigest()}


def exact(log: Path) -> Measurement:
    """The same with every verdict from the exact evidence."""
    return replay(log, shortcuts=False)


def results(log: Path) -> Measurement:
    """The result lines of every trial: all tables, comparisons, and evidence of all watches."""
    running = Replay()
    _run(running, log)
    clock = Clock.start()
    lines = [result_line(running, study) for study in running.studies]
    return clock.read() | {"reports": running.lines, "trials": len(lines)}


def bare(log: Path) -> Measurement:
    """The least that any reader in Python does: parse each line and count it by four fields."""
    counts: Counter[tuple[Any, ...]] = Counter()
    clock = Clock.start()
    with log.open("rb") as lines:
        for line in lines:
            said = json.loads(line)
            counts[said["study"], said["type"], said.get("preferred_term"), said.get("onset")] += 1
    return clock.read() | {"reports": sum(counts.values())}


def memory(log: Path) -> Measurement:
    """Resident bytes that the folded *log* takes, with all that it needs beside the cases."""
    before = resident()
    running = Replay()
    _run(running, log)
    gc.collect()
    grown = resident() - before
    check(running, log)
    cases = live_cases(log)
    return {"reports": running.lines, "cases": cases, "grown": grown, "a_case": grown / cases}


def profile(log: Path) -> Measurement:
    """Where the time goes: seconds by step, and the functions with the most time of their own."""
    running, tool = Replay(), Profile()
    with tool:
        _run(running, log)
    check(running, log)
    return {"reports": running.lines, "steps": steps(tool), "largest": largest(tool)}


def _run(running: Replay, log: Path) -> list[str]:
    with log.open("rb") as lines:
        rang = list(running.run(lines))
    return [f"{alert.line} {alert.study} {alert.watch} {alert.level}" for alert in rang]


def check(running: Replay, log: Path) -> Measurement:
    """Every line has an outcome, all are folded, and the tables are those that were drawn."""
    assert sum(running.outcomes.values()) + running.cut == running.lines, running.outcomes
    assert running.outcomes == {Outcome.FOLDED: running.lines}, running.outcomes
    return {"agreed": hold(running.studies, log)}


def resident() -> int:
    """Bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


KINDS: dict[str, Callable[[Path], Measurement]] = {
    "replay": replay,
    "exact": exact,
    "results": results,
    "bare": bare,
    "memory": memory,
    "profile": profile,
}

if __name__ == "__main__":
    spare_the_collector()  # As `tocsin replay` does.
    print(json.dumps(KINDS[sys.argv[1]](Path(sys.argv[2]))))
