"""``make faults``: strikes 300 times at real services and says whether anything was lost."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from streams.local.kafka_server import unavailable_reason
from tests.faults.phases import PHASES, Phase, PhaseResult, run_phase
from tests.faults.report import report_text
from tests.services import KAFKA_LIBS


def main(words: Sequence[str]) -> int:
    """Run the campaign; how the process ends."""
    options = arguments(words)
    if reason := unavailable_reason(KAFKA_LIBS):
        print(reason, file=sys.stderr)
        return 4
    # An order to end must end what was started too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="tocsin-faults-"))
    print(f"seed {options.seed}, in {folder}", file=sys.stderr, flush=True)
    results: list[PhaseResult] = []
    for number, (phase, kinds) in enumerate(
        draw_phases(options.faults, options.seed, options.kinds)
    ):
        print(f"{phase.name}: {len(kinds)} faults", file=sys.stderr, flush=True)
        results.append(
            run_phase(
                phase, kinds, folder / f"leg-{number}", Random(f"{options.seed}/{phase.name}")
            )
        )
        print(report_text(results[-1:]), file=sys.stderr, flush=True)
    print(report_text(results))
    good = all(each.verdict.passed for each in results)
    if good:
        shutil.rmtree(folder)
    else:
        print(f"What is left is in {folder}; seed {options.seed}.")
    return 0 if good else 1


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """What was asked for."""
    kinds = sorted({kind for phase in PHASES for kind in phase.kinds})
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--faults", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="*", choices=kinds, default=kinds, metavar="KIND")
    return parser.parse_args(words)


def draw_phases(faults: int, seed: int, kinds: Sequence[str]) -> Iterator[tuple[Phase, list[str]]]:
    """The kinds of each leg, in a random order; 300 have each as often as the legs say."""
    random = Random(seed)
    slots = [(phase, kind) for phase in PHASES for kind, n in phase.kinds.items() for _ in range(n)]
    slots = [slot for slot in slots if slot[1] in kinds]
    whole, rest = divmod(faults, len(slots))
    chosen = Counter(
        (phase.name, kind) for phase, kind in slots * whole + random.sample(slots, rest)
    )
    for phase in PHASES:
        those = [kind for kind in phase.kinds for _ in range(chosen[phase.name, kind])]
        random.shuffle(those)
        if those:
            yield phase, those


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
