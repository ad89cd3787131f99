"""Runs one storm per seed, thousands for ``make storm``, and prints those that fail."""

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


def main(argv: Sequence[str]) -> int:
    """Run the storms, and the models if asked; return 1 if there is any violation."""
    options = parse_options(argv)
    disable_logging()
    if options.seed is None:
        seeds = range(options.first, options.first + options.seeds)
        passed = print_reports(run_seeds(seeds, options.processes))
        return int(not (passed and (not options.models or check_models())))
    variant = Variant(store=PrintingStore) if len(options.seed) == 1 else None
    return int(not print_reports(run_seed(seed, variant) for seed in options.seed))


def parse_options(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments of the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000, help="number of seeds")
    parser.add_argument("--from", type=int, default=0, dest="first", help="first seed")
    parser.add_argument(
        "--seed",
        type=int,
        nargs="+",
        help="run only these seeds; of a single one print each command",
    )
    parser.add_argument("--processes", type=int, default=cpu_count(), help="number of processes")
    parser.add_argument("--models", action="store_true", help="also search the large models")
    return parser.parse_args(argv)


def print_reports(reports: Iterable[StormReport]) -> bool:
    """Print each violation at once and the fault counts at the end; return whether all passed."""
    counts, storms, failing = Counter[str](), 0, list[int]()
    for report in reports:
        counts.update(report.counts)
        storms += 1
        if report.violation:
            failing.append(report.seed)
            print(report, flush=True)
    for name, count in sorted(counts.items()):
        print(f"{count:9,}  {name}")
    print(f"{storms:9,}  storms, {len(failing)} failed")
    if failing:
        print("reproduce: python -m tests.simulation --seed", *failing)
    return not failing


def check_models() -> bool:
    """Search the large models; return whether none has a violation."""
    passed = True
    for name, protocol in LARGE_MODELS.items():
        violation, size = check_model(protocol)
        print(f"model, {name}: {size}{'' if violation is None else f': {violation}'}", flush=True)
        passed = passed and violation is None
    return passed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
