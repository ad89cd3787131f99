"""A worker with a fault: it folds as ours does, but raises at records that are named for it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from monitor.records import Record
from monitor.state.study import Study
from streams.processor.folding import Fold
from streams.processor.pipeline import Told
from streams.store import LIVE
from streams.worker.owned_partition import Held
from streams.worker.process import Live
from tocsin.commands.run import watch
from tocsin.common.exits import Stop

ONCE, TWICE = "raises-once", "raises-twice"
"""How the things are named at whose record it raises once, and whenever it is folded."""


@dataclass(slots=True)
class Raises:
    """The *fold* of the product, with the fault before it."""

    fold: Fold
    seen: set[str] = field(default_factory=set[str])

    def __call__(self, study: Study | None, record: Record, line: int) -> tuple[Study | None, Told]:
        """Raise, or fold."""
        first = record.thing not in self.seen
        if TWICE in record.thing or (ONCE in record.thing and first):
            self.seen.add(record.thing)
            print(f"raised at {record.thing}", file=sys.stderr, flush=True)
            raise ArithmeticError
        return self.fold(study, record, line)


class FaultyLive(Live):
    """The worker of `tocsin run` with this fold in its lanes."""

    def hold(self, partition: int, of: int) -> Held:
        """What belongs to one partition."""
        held = Live.hold(self, partition, of)
        held.lane.fold = Raises(held.lane.fold)
        return held


def main() -> None:
    """Do what `tocsin run` does, with this worker."""
    try:
        watch(LIVE, FaultyLive)
    except Stop as stop:
        print(f"tocsin: {stop}", file=sys.stderr)
        sys.exit(stop.code)


if __name__ == "__main__":
    main()
