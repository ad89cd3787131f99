"""Makes one measurement in its own process: `python -m benchmarks.measure KIND LOG` prints JSON."""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from cProfile import Profile
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.clocks import GcTimer, Measurement, Stopwatch, resident_bytes
from benchmarks.sampler import sampling
from benchmarks.steps import (
    most_sampled_functions,
    seconds_by_step,
    shares_by_step,
    slowest_functions,
)
from benchmarks.truth import check_against_truth, live_cases
from monitor.state.entities import RecordOutcome
from streams.processor.pipeline import Pipeline
from streams.replay.replay import Replay
from streams.replay.result import result_line
from tocsin.common.gc_tuning import relax_gc


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


def json_loop(log: Path) -> Measurement:
    """Measure ``json.loads`` over the lines, which are in memory."""
    lines = log.read_bytes().splitlines()
    stopwatch = Stopwatch.start()
    for line in lines:
        json.loads(line)
    return stopwatch.elapsed() | {"reports": len(lines)}


def fold_alone(log: Path) -> Measurement:
    """Measure the fold of *log*, of which no truth is known, after it is imported."""
    replay_run = Replay()
    stopwatch = Stopwatch.start()
    raised = _raised_alerts(replay_run, log)
    measurement = stopwatch.elapsed()
    assert replay_run.outcomes == {RecordOutcome.FOLDED: replay_run.lines}, replay_run.outcomes
    return measurement | {"reports": replay_run.lines, "alerts": len(raised)}


def whole_command(log: Path) -> Measurement:
    """Measure `tocsin replay --json` of *log* in a process of its own, with its start."""
    command = [sys.executable, "-m", "tocsin", "replay", "--json", "--quiet", str(log)]
    wall, before = perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    completed = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    results = completed.stdout.count(b'{"type":"result"')
    return {"cpu": cpu, "wall": perf_counter() - wall, "trials": results}


def sampled_profile(log: Path) -> Measurement:
    """Profile the fold by a sampler: shares by step, and the functions with the most samples."""
    replay_run = Replay()
    with sampling() as samples:
        _raised_alerts(replay_run, log)
    return {
        "reports": replay_run.lines,
        "samples": samples.count,
        "steps": shares_by_step(samples),
        "largest": most_sampled_functions(samples),
    }


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


KINDS: dict[str, Callable[[Path], Measurement]] = {
    "replay": replay,
    "exact": replay_exact,
    "results": result_lines,
    "bare": bare_loop,
    "json": json_loop,
    "fold": fold_alone,
    "command": whole_command,
    "samples": sampled_profile,
    "memory": memory,
    "profile": profile,
}

if __name__ == "__main__":
    relax_gc()  # As `tocsin replay` does.
    print(json.dumps(KINDS[sys.argv[1]](Path(sys.argv[2]))))
