"""``make storm``: thousands of seeds, each one storm, and which of them came out wrong."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from os import cpu_count

from tests.simulation.model_sizes import LARGE_MODELS
from tests.simulation.printing_store import PrintingStore
from tests.simulation.search import check_model
from tests.simulation.seeds import disable_logging, run_seed, run_seeds
from tests.simulation.storm import StormReport, Variant


def main(words: Sequence[str]) -> int:
    """Run what is asked for; 1 if anything is not as it must be."""
    options = arguments(words)
    disable_logging()
    if options.seed is None:
        seeds = range(options.first, options.first + options.seeds)
        right = print_reports(run_seeds(seeds, options.processes))
        return int(not (right and (not options.models or check_models())))
    variant = Variant(store=PrintingStore) if len(options.seed) == 1 else None
    return int(not print_reports(run_seed(seed, variant) for seed in options.seed))


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


def print_reports(reports: Iterable[StormReport]) -> bool:
    """Tell what is wrong as it comes, and at the end what happened; whether all was right."""
    counts, storms, failing = Counter[str](), 0, list[int]()
    for report in reports:
        counts.update(report.counts)
        storms += 1
        if report.violation:
            failing.append(report.seed)
            print(report, flush=True)
    for name, count in sorted(counts.items()):
        print(f"{count:9,}  {name}")
    print(f"{storms:9,}  storms, {len(failing)} wrong")
    if failing:
        print("again: python -m tests.simulation --seed", *failing)
    return not failing


def check_models() -> bool:
    """Walk the large models; whether none has a fault."""
    right = True
    for name, protocol in LARGE_MODELS.items():
        fault, account = check_model(protocol)
        print(f"model, {name}: {account}{'' if fault is None else f': {fault}'}", flush=True)
        right = right and fault is None
    return right


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
