"""A worker with a fault: it folds as ours does, but raises at records that are named for it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from monitor.events import Record
from monitor.study import Study
from streams.held import Held
from streams.lane import Lane
from streams.live import Live
from streams.pipeline import Told, take_in
from streams.settings import read_settings
from streams.store.keys import Keys
from streams.store.redis import RedisStore, connect
from streams.topics import LOG

ONCE, TWICE = "raises-once", "raises-twice"
"""How the things are named at whose record it raises once, and whenever it is folded."""


@dataclass(slots=True)
class Raises:
    """The fold of the product, with the fault before it."""

    seen: set[str] = field(default_factory=set[str])

    def __call__(self, study: Study | None, record: Record, line: int) -> tuple[Study | None, Told]:
        """Raise, or fold."""
        first = record.thing not in self.seen
        if TWICE in record.thing or (ONCE in record.thing and first):
            self.seen.add(record.thing)
            print(f"raised at {record.thing}", file=sys.stderr, flush=True)
            raise ArithmeticError
        return take_in(study, record, line)


class FaultyLive(Live):
    """The worker of the product with this fold in its lanes."""

    def hold(self, partition: int, of: int) -> Held:
        """What belongs to one partition."""
        held = Live.hold(self, partition, of)
        limits = held.lane.limits
        held.lane = Lane(held.log, held.store, partition=partition, limits=limits, fold=Raises())
        return held


def main() -> None:
    """Run until SIGTERM."""
    settings = read_settings()
    client = connect(settings.store)
    FaultyLive(settings, lambda partition: RedisStore(client, Keys("live", LOG, partition))).run()


if __name__ == "__main__":
    main()
