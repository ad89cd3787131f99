"""Injects faults into real services, 300 for ``make faults``, and reports what was lost."""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

from streams.local.kafka_server import unavailable_reason
from tests.faults.phases import PHASES, Phase, PhaseResult, broker_kills, run_phase
from tests.faults.report import report_text
from tests.services import KAFKA_LIBS

BUSY_PROCESSES = 2


def main(argv: Sequence[str]) -> int:
    """Run the campaign; return the exit code: 0 passed, 1 failed, 4 without Kafka."""
    options = parse_options(argv)
    if reason := unavailable_reason(KAFKA_LIBS):
        print(reason, file=sys.stderr)
        return 4
    # SIGTERM must also stop the services and workers that were started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="tocsin-faults-"))
    print(f"seed {options.seed}, in {folder}", file=sys.stderr, flush=True)
    results: list[PhaseResult] = []
    with busy_processes(BUSY_PROCESSES if options.load else 0):
        for number, (phase, kinds) in enumerate(chosen_phases(options)):
            print(f"{phase.name}: {len(kinds)} faults", file=sys.stderr, flush=True)
            random = Random(f"{options.seed}/{phase.name}")
            results.append(run_phase(phase, kinds, folder / f"phase-{number}", random))
            print(report_text(results[-1:]), file=sys.stderr, flush=True)
    print(report_text(results))
    passed = all(each.verdict.passed for each in results)
    if passed:
        shutil.rmtree(folder)
    else:
        print(f"Logs and data are in {folder}; seed {options.seed}.")
    return 0 if passed else 1


def chosen_phases(options: argparse.Namespace) -> Iterator[tuple[Phase, list[str]]]:
    """Yield the phases that *options* select: broker kills only, or drawn faults."""
    if options.kills:
        yield broker_kills(options.kills), ["kill broker"] * options.kills
    else:
        yield from draw_phases(options.faults, options.seed, options.kinds)


@contextmanager
def busy_processes(count: int) -> Generator[None]:
    """Run *count* processes that compute without end, and end them."""
    command = [sys.executable, "-c", "while True: pass"]
    started = [subprocess.Popen(command) for _ in range(count)]
    try:
        yield
    finally:
        for each in started:
            each.kill()
            each.wait()


def parse_options(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments of the command."""
    kinds = sorted({kind for phase in PHASES for kind in phase.kinds})
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--faults", type=int, default=300, help="number of faults")
    parser.add_argument("--seed", type=int, default=1, help="seed of all random draws")
    parser.add_argument("--kills", type=int, default=0, help="only kill the broker so often")
    parser.add_argument("--load", action="store_true", help="two processes use all of the CPU")
    parser.add_argument("--kinds", nargs="*", choices=kinds, default=kinds, metavar="KIND")
    return parser.parse_args(argv)


def draw_phases(faults: int, seed: int, kinds: Sequence[str]) -> Iterator[tuple[Phase, list[str]]]:
    """Yield the kinds of each phase in random order; 300 faults have the counts of the phases."""
    random = Random(seed)
    slots = [(phase, kind) for phase in PHASES for kind, n in phase.kinds.items() for _ in range(n)]
    slots = [slot for slot in slots if slot[1] in kinds]
    rounds, rest = divmod(faults, len(slots))
    chosen = Counter(
        (phase.name, kind) for phase, kind in slots * rounds + random.sample(slots, rest)
    )
    for phase in PHASES:
        drawn = [kind for kind in phase.kinds for _ in range(chosen[phase.name, kind])]
        random.shuffle(drawn)
        if drawn:
            yield phase, drawn


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
