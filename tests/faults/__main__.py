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

from streams.local.kafka_server import unavailable
from tests.faults.legs import LEGS, Leg, Struck, run
from tests.faults.report import shown
from tests.services import LIBS


def main(words: Sequence[str]) -> int:
    """Run the campaign; how the process ends."""
    asked = arguments(words)
    if reason := unavailable(LIBS):
        print(reason, file=sys.stderr)
        return 4
    # An order to end must end what was started too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="tocsin-faults-"))
    print(f"seed {asked.seed}, in {folder}", file=sys.stderr, flush=True)
    told: list[Struck] = []
    for number, (leg, kinds) in enumerate(drawn(asked.faults, asked.seed, asked.kinds)):
        print(f"{leg.name}: {len(kinds)} faults", file=sys.stderr, flush=True)
        told.append(run(leg, kinds, folder / f"leg-{number}", Random(f"{asked.seed}/{leg.name}")))
        print(shown(told[-1:]), file=sys.stderr, flush=True)
    print(shown(told))
    good = all(each.verdict.good for each in told)
    if good:
        shutil.rmtree(folder)
    else:
        print(f"What is left is in {folder}; seed {asked.seed}.")
    return 0 if good else 1


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """What was asked for."""
    kinds = sorted({kind for leg in LEGS for kind in leg.kinds})
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--faults", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="*", choices=kinds, default=kinds, metavar="KIND")
    return parser.parse_args(words)


def drawn(faults: int, seed: int, kinds: Sequence[str]) -> Iterator[tuple[Leg, list[str]]]:
    """The kinds of each leg, in a random order; 300 have each as often as the legs say."""
    random = Random(seed)
    slots = [(leg, kind) for leg in LEGS for kind, n in leg.kinds.items() for _ in range(n)]
    slots = [slot for slot in slots if slot[1] in kinds]
    whole, rest = divmod(faults, len(slots))
    chosen = Counter((leg.name, kind) for leg, kind in slots * whole + random.sample(slots, rest))
    for leg in LEGS:
        those = [kind for kind in leg.kinds for _ in range(chosen[leg.name, kind])]
        random.shuffle(those)
        if those:
            yield leg, those


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
