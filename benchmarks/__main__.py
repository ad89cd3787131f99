"""`make bench`: speed and memory of the fold, each number beside one to compare it with."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import growth
from benchmarks.measure import Measurement
from benchmarks.report import (
    Table,
    heading,
    memory_table,
    profile_table,
    results_text,
    scale_table,
    size_table,
    speed_table,
)
from benchmarks.synthetic import Effect, Workload, write_log

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
REPORTS_A_TRIAL = 5_000
RUNS = 3


@dataclass(frozen=True, slots=True)
class BenchmarkSuite:
    """Synthetic logs in *folder*, each drawn once, and the measurements made on them."""

    folder: Path

    def draw_log(self, workload: Workload) -> Path:
        """Return the log of *workload*, drawn at its first use."""
        name = "-".join(str(part) for part in (workload.trials, workload.reports, workload.seed))
        log = self.folder / f"{name}-{workload.effect.name}-{workload.reference}.jsonl"
        if not log.exists():
            print(f"drawing {workload.reports:,} reports ({log.name})", file=sys.stderr)
            write_log(workload, log)
        return log

    def measure(self, kind: str, workload: Workload) -> Measurement:
        """Measure *kind* in a new process, so that no measurement inherits memory of another."""
        command = [sys.executable, "-m", "benchmarks.measure", kind, str(self.draw_log(workload))]
        one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
        print(f"measuring {kind} of {workload.reports:,} reports", file=sys.stderr)
        completed = subprocess.run(
            command, cwd=ROOT, env=os.environ | one_thread, stdout=subprocess.PIPE, check=True
        )
        return json.loads(completed.stdout)

    def measure_repeatedly(
        self, kind: str, workload: Workload, repetitions: int = RUNS
    ) -> list[Measurement]:
        """Return *repetitions* measurements of *kind*."""
        return [self.measure(kind, workload) for _ in range(repetitions)]


def main() -> None:
    """Run all benchmarks, print each section when it is done, and write RESULTS.md with --keep."""
    arguments = _arguments()
    if arguments.growth:
        sys.exit(growth.main())
    sections = [heading(sys.argv[1:])]
    print(sections[0])
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        for section in _sections(BenchmarkSuite(Path(folder)), 200 if arguments.full else 40):
            sections.append(section())
            print(sections[-1], flush=True)
    if arguments.keep:
        RESULTS.write_text("\n".join(sections))
        print(f"kept in {RESULTS.relative_to(ROOT)}", file=sys.stderr)


def _sections(suite: BenchmarkSuite, trials: int) -> Iterator[Callable[[], Table]]:
    yield lambda: measure_speed(suite)
    yield lambda: measure_scale(suite, trials)
    yield lambda: measure_size(suite)
    yield lambda: measure_memory(suite)
    yield lambda: measure_profile(suite)


def measure_speed(suite: BenchmarkSuite) -> Table:
    """Measure reports a second, beside a bare loop over the same lines and exact evaluation."""
    workload, small_workload = (
        Workload(trials=200, reports=100_000),
        Workload(trials=200, reports=20_000),
    )
    table = speed_table(
        replays=suite.measure_repeatedly("replay", workload),
        bare=suite.measure_repeatedly("bare", workload),
        small=suite.measure("replay", small_workload),
        exact=suite.measure("exact", small_workload),
    )
    return table + results_text(suite.measure("results", small_workload))


def measure_scale(suite: BenchmarkSuite, trials: int) -> Table:
    """Measure the cost per report of many trials and of few, the few before and after."""
    few = Workload(trials=2, reports=2 * REPORTS_A_TRIAL, effect=Effect.NONE)
    many = Workload(trials=trials, reports=trials * REPORTS_A_TRIAL, effect=Effect.NONE)
    before = suite.measure_repeatedly("replay", few)
    after = suite.measure("replay", many)
    return scale_table(
        few=before + suite.measure_repeatedly("replay", few), many=after, trials=(2, trials)
    )


def measure_size(suite: BenchmarkSuite) -> Table:
    """Measure one long trial beside a short one, without effect of the drug and with harm."""
    cases = [
        (5_000, Effect.NONE, RUNS),
        (100_000, Effect.NONE, 1),
        (5_000, Effect.ONE_CLASS, RUNS),
        (100_000, Effect.ONE_CLASS, 1),
        (5_000, Effect.EVERYTHING, RUNS),
        (20_000, Effect.EVERYTHING, 1),
    ]
    return size_table(
        [
            (
                effect,
                suite.measure_repeatedly(
                    "replay", Workload(trials=1, reports=n, effect=effect), times
                ),
            )
            for n, effect, times in cases
        ]
    )


def measure_memory(suite: BenchmarkSuite) -> Table:
    """Measure resident bytes per live case."""
    return memory_table(
        [
            (trials, suite.measure("memory", Workload(trials=trials, reports=100_000)))
            for trials in (200, 20)
        ]
    )


def measure_profile(suite: BenchmarkSuite) -> Table:
    """Measure time by step; a log without reference watches gives their cost by difference."""
    workload = Workload(trials=200, reports=20_000)
    without_reference = Workload(trials=200, reports=20_000, reference=False)
    return profile_table(
        suite.measure("profile", workload), suite.measure("profile", without_reference)
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("growth", nargs="?", choices=["growth"], help="cost of one record by size")
    parser.add_argument("--full", action="store_true", help="200 trials of 5,000, not 40")
    parser.add_argument("--keep", action="store_true", help="write benchmarks/RESULTS.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
