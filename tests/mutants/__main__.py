"""Judges a seeded sample of mutants, and prints those that live, for ``make mutants``."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue
from random import Random

from tests.mutants.areas import AREAS, area_files, area_of
from tests.mutants.coverage_map import MAP_FILE, build_map, load_map
from tests.mutants.judge import Fate, Judge, Judgement
from tests.mutants.mutant import Mutant, mutants_of
from tests.paths import ROOT

EQUIVALENTS = Path(__file__).with_name("equivalents.json")
"""By key, why a mutant changes nothing that the product promises."""

WANTED = 0.88
"""The share of mutants that must be killed, equivalents left out."""


def main(argv: Sequence[str]) -> int:
    """Judge the sample; return 1 if too few were killed or an unlisted mutant lived."""
    options = parse_options(argv)
    if options.map is not None:
        MAP_FILE.parent.mkdir(exist_ok=True)
        MAP_FILE.write_text(json.dumps(build_map(options.map or ["tests"])))
        return 0
    equivalents: dict[str, str] = json.loads(EQUIVALENTS.read_text())
    chosen = sample(options.areas, options.sample, options.seed)
    if options.match:
        chosen = [each for each in every_mutant(options.areas) if options.match in each.key]
    with tempfile.TemporaryDirectory(prefix="tocsin-mutants-") as folder:
        folders = [Path(folder, str(job)) for job in range(options.jobs)]
        judges = [Judge(each, options.seconds, load_map()) for each in folders]
        if not judge_unchanged(judges[0], options.areas, skip=options.no_check):
            return 2
        for mutant in chosen:
            if mutant.key in equivalents:
                print(f"equivalent   {mutant.key}", flush=True)
        to_judge = [mutant for mutant in chosen if mutant.key not in equivalents]
        judged = list(judge_all(judges, to_judge))
    return report(judged, len(chosen))


def judge_all(judges: Sequence[Judge], mutants: Sequence[Mutant]) -> Iterator[Judgement]:
    """Judge *mutants*, as many at once as there are *judges*, and print each fate."""
    free = SimpleQueue[Judge]()
    for judge in judges:
        free.put(judge)

    def judge_one(mutant: Mutant) -> Judgement:
        judge = free.get()
        try:
            return judge.judge(mutant)
        finally:
            free.put(judge)

    with ThreadPoolExecutor(len(judges)) as pool:
        judging = [pool.submit(judge_one, mutant) for mutant in mutants]
        for number, judged in enumerate(as_completed(judging), start=1):
            print_judgement(number, judged.result())
            yield judged.result()


def parse_options(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments of the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=200, help="number of mutants")
    parser.add_argument("--seed", type=int, default=1, help="seed of the sample")
    parser.add_argument("--areas", nargs="+", choices=AREAS, default=[*AREAS], help="areas")
    parser.add_argument("--match", help="judge all mutants whose key has this text")
    parser.add_argument("--seconds", type=float, default=120, help="CPU seconds for a mutant")
    parser.add_argument(
        "--map", nargs="*", help="run these tests under coverage instead, and keep which run what"
    )
    parser.add_argument("--jobs", type=int, default=1, help="mutants judged at once")
    parser.add_argument("--no-check", action="store_true", help="skip the run without a mutant")
    return parser.parse_args(argv)


def every_mutant(areas: Sequence[str]) -> list[Mutant]:
    """All mutants of *areas*."""
    return [
        mutant
        for area in areas
        for path in area_files(ROOT, area)
        for mutant in mutants_of(path, (ROOT / path).read_bytes())
    ]


def sample(areas: Sequence[str], size: int, seed: int) -> list[Mutant]:
    """A sample of *size* mutants, in each area as many as its share of all of them."""
    mutants = every_mutant(areas)
    return Random(seed).sample(mutants, min(size, len(mutants)))


def judge_unchanged(judge: Judge, areas: Sequence[str], *, skip: bool) -> bool:
    """Whether the tests pass without a mutant: a test that always fails would kill every one."""
    for area in () if skip else areas:
        code, last_line = judge.run(sorted(first_tests(area)))
        if code not in (0, 2):
            print(f"{area}: a test fails without a mutant: {last_line}", file=sys.stderr)
            return False
    return True


def first_tests(area: str) -> Iterator[str]:
    """Yield the test files of the narrowest folder of *area*."""
    folder = AREAS[area].tests[0]
    for path in (ROOT / "tests").rglob("test_*.py"):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(f"tests/{folder}"):
            yield name


def print_judgement(number: int, judgement: Judgement) -> None:
    """Print the fate of a mutant, and its diff where it lived."""
    mutant, fate = judgement.mutant, judgement.fate
    line = f"{number:4} {fate.value:12} {judgement.seconds:6.1f} s  {mutant.key}"
    print(f"{line}  ({mutant.path}:{mutant.line})  {judgement.last_line}", flush=True)
    if fate is not Fate.KILLED:
        print(mutant.diff((ROOT / mutant.path).read_bytes()), flush=True)


def report(judged: Sequence[Judgement], chosen: int) -> int:
    """Print the table of the areas; return 1 if the share of killed mutants is too low."""
    totals, killed = Counter[str](), Counter[str]()
    for each in judged:
        for name in (area_of(each.mutant.path), "all"):
            totals[name] += 1
            killed[name] += each.fate is Fate.KILLED
    print(f"\n{'area':10} {'judged':>7} {'killed':>7} {'lived':>6} {'share':>7}")
    for name in (*AREAS, "all"):
        if total := totals[name]:
            lived = total - killed[name]
            print(f"{name:10} {total:7} {killed[name]:7} {lived:6} {killed[name] / total:7.1%}")
    print(f"{chosen - len(judged)} of the sample of {chosen} are listed as equivalent")
    return int(killed["all"] < WANTED * totals["all"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
