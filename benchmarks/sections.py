"""The sections of the report: what is measured for each, on which logs."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.mix import PRODERM_LOG, mix_table, results_table, samples_table
from benchmarks.report import (
    Table,
    memory_table,
    profile_table,
    scale_table,
    size_table,
    speed_table,
)
from benchmarks.suite import RUNS, BenchmarkSuite
from benchmarks.synthetic import Effect, Workload

REPORTS_A_TRIAL = 5_000
SPARSE = Workload(trials=100, reports=50_000)
DENSE = Workload(trials=10, reports=50_000)
"""Logs of 500 and of 5,000 reports a trial; the second is the standard density."""


def measure_speed(suite: BenchmarkSuite) -> Table:
    """Measure reports a second, beside a bare loop over the same lines and exact evaluation."""
    workload, small_workload = (
        Workload(trials=200, reports=100_000),
        Workload(trials=200, reports=20_000),
    )
    return speed_table(
        replays=suite.measure_repeatedly("replay", workload),
        bare=suite.measure_repeatedly("bare", workload),
        small=suite.measure("replay", small_workload),
        exact=suite.measure("exact", small_workload),
    )


def measure_mix(suite: BenchmarkSuite) -> Table:
    """Measure ProDERM's mix, fold alone and whole command, beside logs of 500 and 5,000 a trial."""
    proderm, sparse, dense = suite.proderm_log(), *map(suite.draw_log, (SPARSE, DENSE))
    return mix_table(
        suite.measure_interleaved(
            {
                "json": ("json", proderm),
                "fold": ("fold", proderm),
                "command": ("command", proderm),
                "json 500": ("json", sparse),
                "fold 500": ("fold", sparse),
                "json 5,000": ("json", dense),
                "fold 5,000": ("fold", dense),
            }
        )
    )


def measure_results(suite: BenchmarkSuite) -> Table:
    """Measure the result line of a synthetic trial of 100 and of 5,000 reports, and of ProDERM."""
    small, dense = Workload(trials=200, reports=20_000), Workload(trials=4, reports=20_000)
    return results_table(
        suite.measure_interleaved(
            {
                "synthetic": ("results", suite.draw_log(small)),
                "synthetic, dense": ("results", suite.draw_log(dense)),
                "ProDERM": ("results", suite.proderm_log()),
            }
        )
    )


def measure_samples(suite: BenchmarkSuite) -> Table:
    """Profile the fold of ProDERM's mix and of a synthetic log by a sampler."""
    logs = {PRODERM_LOG: suite.proderm_log(), "synthetic, 5,000 a trial": suite.draw_log(DENSE)}
    return "".join(
        samples_table(suite.measure_log("samples", log), name) for name, log in logs.items()
    )


def measure_scale(suite: BenchmarkSuite) -> Table:
    """Measure the cost per report of many trials and of few, the few before and after."""
    trials = suite.trials
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


SECTIONS: dict[str, Callable[[BenchmarkSuite], Table]] = {
    "speed": measure_speed,
    "mix": measure_mix,
    "results": measure_results,
    "scale": measure_scale,
    "size": measure_size,
    "memory": measure_memory,
    "samples": measure_samples,
    "profile": measure_profile,
}
"""The sections of the report by the name that runs one of them."""
