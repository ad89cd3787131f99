"""Makes one measurement in its own process: `python -m benchmarks.measure KIND LOG` prints JSON."""

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

from benchmarks.steps import seconds_by_step, slowest_functions
from benchmarks.truth import check_against_truth, live_cases
from monitor.state.entities import RecordOutcome
from streams.processor.pipeline import Pipeline
from streams.replay.replay import Replay
from streams.replay.result import result_line
from tocsin.common.gc_tuning import relax_gc

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


def replay(log: Path, *, shortcuts: bool = True) -> Measurement:
    """Replay *log* as the product does, then check outcomes and tables against the truth.

    *shortcuts* off computes every verdict from the exact evidence.
    """
    replay_run, gc_timer = Replay(pipeline=Pipeline(shortcuts=shortcuts)), GcTimer()
    gc.callbacks.append(gc_timer)
    stopwatch = Stopwatch.start()
    raised = _raised_alerts(replay_run, log)
    measurement = stopwatch.elapsed() | {"reports": replay_run.lines, "alerts": len(raised)}
    gc.callbacks.remove(gc_timer)
    measurement |= {"collecting": gc_timer.seconds}
    return (
        measurement
        | check_replay(replay_run, log)
        | {"digest": sha256("\n".join(raised).encode()).hexdigest()}
    )


def replay_exact(log: Path) -> Measurement:
    """Replay *log* with every verdict from the exact evidence."""
    return replay(log, shortcuts=False)


def result_lines(log: Path) -> Measurement:
    """Measure the result lines of all trials: tables, comparisons, and evidence of all watches."""
    replay_run = Replay()
    _raised_alerts(replay_run, log)
    stopwatch = Stopwatch.start()
    lines = [result_line(replay_run, study) for study in replay_run.studies]
    return stopwatch.elapsed() | {"reports": replay_run.lines, "trials": len(lines)}


def bare_loop(log: Path) -> Measurement:
    """Measure the minimum of any reader in Python: parse each line and count it by four fields."""
    counts: Counter[tuple[Any, ...]] = Counter()
    stopwatch = Stopwatch.start()
    with log.open("rb") as lines:
        for line in lines:
            fields = json.loads(line)
            counts[
                fields["study"], fields["type"], fields.get("preferred_term"), fields.get("onset")
            ] += 1
    return stopwatch.elapsed() | {"reports": sum(counts.values())}


def memory(log: Path) -> Measurement:
    """Measure the resident bytes of the folded *log*, in total and per live case."""
    before = resident_bytes()
    replay_run = Replay()
    _raised_alerts(replay_run, log)
    gc.collect()
    grown_bytes = resident_bytes() - before
    check_replay(replay_run, log)
    cases = live_cases(log)
    return {
        "reports": replay_run.lines,
        "cases": cases,
        "grown": grown_bytes,
        "a_case": grown_bytes / cases,
    }


def profile(log: Path) -> Measurement:
    """Profile the replay: seconds by step, and the functions with the most time of their own."""
    replay_run, profiler = Replay(), Profile()
    with profiler:
        _raised_alerts(replay_run, log)
    check_replay(replay_run, log)
    return {
        "reports": replay_run.lines,
        "steps": seconds_by_step(profiler),
        "largest": slowest_functions(profiler),
    }


def _raised_alerts(replay_run: Replay, log: Path) -> list[str]:
    with log.open("rb") as lines:
        raised = list(replay_run.run(lines))
    return [f"{alert.line} {alert.study} {alert.watch} {alert.level}" for alert in raised]


def check_replay(replay_run: Replay, log: Path) -> Measurement:
    """Assert that every line is folded and that the tables equal the drawn truth."""
    assert sum(replay_run.outcomes.values()) + replay_run.lines_after_cutoff == replay_run.lines, (
        replay_run.outcomes
    )
    assert replay_run.outcomes == {RecordOutcome.FOLDED: replay_run.lines}, replay_run.outcomes
    return {"agreed": check_against_truth(replay_run.studies, log)}


def resident_bytes() -> int:
    """Return the resident memory of this process in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


KINDS: dict[str, Callable[[Path], Measurement]] = {
    "replay": replay,
    "exact": replay_exact,
    "results": result_lines,
    "bare": bare_loop,
    "memory": memory,
    "profile": profile,
}

if __name__ == "__main__":
    relax_gc()  # As `tocsin replay` does.
    print(json.dumps(KINDS[sys.argv[1]](Path(sys.argv[2]))))
