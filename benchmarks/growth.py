"""How the cost of one record grows with its study: `python -m benchmarks growth`."""

from __future__ import annotations

import gc
import sys
from itertools import pairwise
from time import process_time

from benchmarks.growth_logs import COSTLY_LOGS, CostlyLog
from monitor.records import Record
from streams.processor.pipeline import Pipeline

FACTOR_MAX = 2.5
"""Largest factor of the CPU seconds from one size to the next, twice as large."""

WHOLE_SECONDS_MAX = 2.0
WHOLE_LOG = "4,000 cases of one subject, 40 corrections: whole log"
SECONDS_MIN = 0.0005
"""Shorter times are not compared: the clock and the interpreter decide them."""

REPETITIONS = 3


def main() -> int:
    """Print each row with its factors, and return 1 if one is above its limit."""
    failed = 0
    print(f"{'CPU seconds at each size':58} {'small':>8} {'middle':>8} {'large':>8}  factors")
    for name, costly_log in COSTLY_LOGS.items():
        seconds = [seconds_of(costly_log, size) for size in costly_log.sizes]
        factors = [later / max(earlier, SECONDS_MIN) for earlier, later in pairwise(seconds)]
        is_slow = name == WHOLE_LOG and seconds[-1] > WHOLE_SECONDS_MAX
        is_over = is_slow or any(factor > FACTOR_MAX for factor in factors)
        failed += is_over
        cells = " ".join(f"{each:8.4f}" for each in seconds)
        shown = ", ".join(f"{factor:.1f}" for factor in factors)
        print(f"{name:58} {cells}  {shown}{'  OVER THE LIMIT' if is_over else ''}", flush=True)
    print(f"{failed} rows over a factor of {FACTOR_MAX} or {WHOLE_SECONDS_MAX} s", file=sys.stderr)
    return 1 if failed else 0


def seconds_of(costly_log: CostlyLog, size: int) -> float:
    """Return CPU seconds of the costliest further record, or of the whole log without one.

    Of several repetitions the fastest counts: other processes of the machine slow the rest.
    """
    runs = [_run_once(costly_log, size) for _ in range(REPETITIONS)]
    return min(runs)


def _run_once(costly_log: CostlyLog, size: int) -> float:
    pipeline, records = Pipeline(), list(costly_log.log(size))
    gc.collect()
    gc.disable()
    try:
        whole = sum(_fold(pipeline, each) for each in records)
        if costly_log.further is None:
            return whole
        # The first further record also builds what later ones reuse, so each kind has several.
        return max(_fold(pipeline, each) for each in costly_log.further(size))
    finally:
        gc.enable()


def _fold(pipeline: Pipeline, record: Record) -> float:
    """Fold *record*, assert that it is included, and return its CPU seconds."""
    began = process_time()
    result = pipeline.process(record, 1)
    seconds = process_time() - began
    assert result.refusal is None, result
    return seconds
