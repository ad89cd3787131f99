"""Draws the logs of a benchmark, each once, and makes measurements in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Measurement
from benchmarks.mix import Runs
from benchmarks.proderm import write_proderm_log
from benchmarks.synthetic import Workload, write_log

ROOT = Path(__file__).resolve().parent.parent
RUNS = 3


@dataclass(frozen=True, slots=True)
class BenchmarkSuite:
    """Logs in *folder*, each drawn once, and the measurements made on them.

    *trials* is the larger number of trials of ``measure_scale``.
    """

    folder: Path
    trials: int = 40

    def draw_log(self, workload: Workload) -> Path:
        """Return the log of *workload*, drawn at its first use."""
        name = "-".join(str(part) for part in (workload.trials, workload.reports, workload.seed))
        log = self.folder / f"{name}-{workload.effect.name}-{workload.reference}.jsonl"
        if not log.exists():
            print(f"drawing {workload.reports:,} reports ({log.name})", file=sys.stderr)
            write_log(workload, log)
        return log

    def proderm_log(self) -> Path:
        """Return ProDERM's log as studies of their own, written at its first use."""
        log = self.folder / "proderm.jsonl"
        return log if log.exists() else write_proderm_log(log)

    def measure(self, kind: str, workload: Workload) -> Measurement:
        """Measure *kind* of the log of *workload*."""
        return self.measure_log(kind, self.draw_log(workload))

    def measure_log(self, kind: str, log: Path) -> Measurement:
        """Measure *kind* in a new process, so that no measurement inherits memory of another."""
        command = [sys.executable, "-m", "benchmarks.measure", kind, str(log)]
        one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
        print(f"measuring {kind} of {log.name}", file=sys.stderr)
        completed = subprocess.run(
            command, cwd=ROOT, env=os.environ | one_thread, stdout=subprocess.PIPE, check=True
        )
        return json.loads(completed.stdout)

    def measure_interleaved(self, kinds: dict[str, tuple[str, Path]], rounds: int = RUNS) -> Runs:
        """Measure each of *kinds*, a kind and a log by name, once in each round."""
        runs: Runs = {name: [] for name in kinds}
        for _ in range(rounds):
            for name, (kind, log) in kinds.items():
                runs[name].append(self.measure_log(kind, log))
        return runs

    def measure_repeatedly(
        self, kind: str, workload: Workload, repetitions: int = RUNS
    ) -> list[Measurement]:
        """Return *repetitions* measurements of *kind*."""
        return [self.measure(kind, workload) for _ in range(repetitions)]
