"""``make storm``: thousands of seeds, each one storm, and which of them came out wrong."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from traceback import format_exc

from tests.simulation.storm import Report, stormed

CHUNK = 20
"""Seeds that a process takes at a time."""


def main(words: Sequence[str]) -> int:
    """Run the storms asked for; how the process ends."""
    asked = arguments(words)
    if asked.seed is None:
        seeds = range(asked.first, asked.first + asked.seeds)
        reports = at_once(seeds, asked.processes)
    else:
        seeds, reports = asked.seed, (survived(seed) for seed in asked.seed)
    counts, failing = Counter[str](), list[int]()
    for number, report in enumerate(reports, start=1):
        counts += report.counts
        if report.wrong:
            failing.append(report.seed)
            print(report, flush=True)
        if sys.stderr.isatty():
            print(f"\r{number:,} of {len(seeds):,}", end="", file=sys.stderr, flush=True)
    print(account(len(seeds), counts, failing))
    return 1 if failing else 0


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000, help="how many, one after another")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first of them")
    parser.add_argument("--seed", type=int, nargs="+", help="these alone, in this process")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    return parser.parse_args(words)


def at_once(seeds: range, processes: int) -> Iterator[Report]:
    """What came of *seeds*, in their order, by several processes."""
    with ProcessPoolExecutor(processes, initializer=quiet) as pool:
        yield from pool.map(survived, seeds, chunksize=CHUNK)


def quiet() -> None:
    """Say nothing of what the workers meet: in a storm that is everything."""
    logging.disable(logging.CRITICAL)


def survived(seed: int) -> Report:
    """What came of the storm *seed*, even if it broke the simulation itself."""
    try:
        return stormed(seed)
    except Exception:
        return Report(seed, f"the simulation ended early:\n{format_exc()}", Counter())


def account(seeds: int, counts: Counter[str], failing: Iterable[int]) -> str:
    """How often each fault struck, and how to see the failing seeds again."""
    rows = [f"{struck:>10,}  {name}" for name, struck in sorted(counts.items())]
    again = " ".join(map(str, failing))
    if again:
        rows.append(f"Wrong: again with `python -m tests.simulation --seed {again}`")
    else:
        rows.append(f"All of {seeds:,} storms came out right.")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
