"""``make storm``: thousands of seeds, each one storm, and which of them came out wrong."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from os import cpu_count

from tests.simulation.random_trials import Chronicle
from tests.simulation.search import walked
from tests.simulation.seeds import at_once, quiet, survived
from tests.simulation.sizes import LARGE
from tests.simulation.storm import Cast, Report


def main(words: Sequence[str]) -> int:
    """Run what is asked for; 1 if anything is not as it must be."""
    asked = arguments(words)
    quiet()
    if asked.seed is None:
        seeds = range(asked.first, asked.first + asked.seeds)
        right = told(at_once(seeds, asked.processes))
        return int(not (right and (not asked.models or models())))
    cast = Cast(storage=Chronicle) if len(asked.seed) == 1 else None
    return int(not told(survived(seed, cast) for seed in asked.seed))


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000, help="how many, one after another")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first of them")
    parser.add_argument(
        "--seed", type=int, nargs="+", help="these alone; a single one is told blow by blow"
    )
    parser.add_argument("--processes", type=int, default=cpu_count())
    parser.add_argument("--models", action="store_true", help="then walk the large models as well")
    return parser.parse_args(words)


def told(reports: Iterable[Report]) -> bool:
    """Tell what is wrong as it comes, and at the end what happened; whether all was right."""
    counts, storms, failing = Counter[str](), 0, list[int]()
    for report in reports:
        counts.update(report.counts)
        storms += 1
        if report.wrong:
            failing.append(report.seed)
            print(report, flush=True)
    for name, count in sorted(counts.items()):
        print(f"{count:9,}  {name}")
    print(f"{storms:9,}  storms, {len(failing)} wrong")
    if failing:
        print("again: python -m tests.simulation --seed", *failing)
    return not failing


def models() -> bool:
    """Walk the large models; whether none has a fault."""
    right = True
    for name, protocol in LARGE.items():
        fault, account = walked(protocol)
        print(f"model, {name}: {account}{'' if fault is None else f': {fault}'}", flush=True)
        right = right and fault is None
    return right


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
