"""Formats the latencies of the live benchmark, and the CPU that each record takes."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from statistics import median

from benchmarks.live.latency_run import QUANTILES, LatencyRun, quantile
from benchmarks.report import Table, section

P99_MAX_MS = 100
CPU_US_MAX = 120
"""Goal for the CPU microseconds of the worker for each record."""


def latency_table(runs: Sequence[LatencyRun], rate: int) -> Table:
    """Return the latencies, the required p99, and the resolution of the measurement."""
    quantiles = [run.sample.quantiles_ms for run in runs]
    medians = {name: median(each[name] for each in quantiles) for name in QUANTILES}
    met = "met" if medians["p99"] <= P99_MAX_MS else "NOT MET"
    gaps = sorted(chain.from_iterable(run.sample.reading_gaps_ms for run in runs))
    header = ["reports a second", "runs", "reports", *(f"{name} ms" for name in QUANTILES), ""]
    row = [f"{rate:,}", str(len(runs)), f"{len(runs[0].sample.latencies):,}"]
    row += [f"{milliseconds:.1f}" for milliseconds in medians.values()]
    p99_text = ", ".join(f"{each['p99']:.1f}" for each in quantiles)
    costs = [run.cpu_us_a_record for run in runs]
    goal_met = "met" if median(costs) <= CPU_US_MAX else "NOT MET"
    goal = f"must p99 at most {P99_MAX_MS} ms: {met}"
    return section("Latency (produced to applied, everything on)", header, [[*row, goal]]) + (
        f"\nMedians of the runs; the runs' p99 were {p99_text} ms.  The cursors were read every "
        f"{quantile(gaps, 0.5):.1f} ms (99% within {quantile(gaps, 0.99):.1f} ms, the longest gap "
        f"{gaps[-1]:.0f} ms): a measured latency is too long by at most one gap.  "
        f"No record was sent more than {1000 * max(run.lateness for run in runs):.0f} ms late; "
        "its latency includes that.  "
        f"The worker used {median(run.cpu_share for run in runs):.0%} of a core: "
        f"{median(costs):.0f} us of CPU a record ({min(costs):.0f} - {max(costs):.0f}; goal at "
        f"most {CPU_US_MAX}: {goal_met}), at {median(run.records_a_write for run in runs):.1f} "
        "records in a write.\n"
    )


def base_text(runs: Sequence[LatencyRun], base_runs: Sequence[LatencyRun], base: Path) -> str:
    """Return the CPU of the worker as a ratio to that of the checkout *base*, in turn with it."""
    costs = [run.cpu_us_a_record for run in base_runs]
    ratios = [
        run.cpu_us_a_record / other.cpu_us_a_record
        for run, other in zip(runs, base_runs, strict=True)
    ]
    p99s = ", ".join(f"{run.sample.quantiles_ms['p99']:.1f}" for run in base_runs)
    return (
        f"\nIn turn with the worker of commit {commit_of(base)}: that took {median(costs):.0f} "
        f"us of CPU a record ({min(costs):.0f} - {max(costs):.0f}) at "
        f"{median(run.records_a_write for run in base_runs):.1f} records in a write, p99 {p99s} ms;"
        f" the CPU a record is {median(ratios):.2f} x of that "
        f"({min(ratios):.2f} - {max(ratios):.2f}).\n"
    )


def commit_of(checkout: Path) -> str:
    """Return the commit of a *checkout*, or its folder where Git does not know it."""
    command = ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return found or str(checkout)
