"""What the product must leave in Redis: tables of every trial, as those who drew it know them."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.live.load import Load
from benchmarks.live.watch import Eye
from benchmarks.truth import Truth, read_truth
from streams.store import LIVE
from streams.store.keys import Keys
from streams.topics import LOG


@dataclass(slots=True)
class TableCounts:
    """The tables in the rows of all studies, and how far the cursors show them to be."""

    load: Load
    truths: dict[str, Truth] = field(init=False)
    keys: list[Keys] = field(init=False)

    def __post_init__(self) -> None:
        self.truths = read_truth(self.load.file)
        self.keys = [Keys(LIVE, LOG, number) for number in range(len(self.load.parts))]

    def applied(self, eye: Eye) -> list[int]:
        """How many records of each partition have been folded."""
        told = eye.ask(*(("HGET", keys.cursor, "next") for keys in self.keys))
        return [int(each or 0) for each in told]

    def begun(self, eye: Eye) -> int:
        """How many records have been folded, of one moment."""
        return sum(self.applied(eye))

    def done(self, eye: Eye) -> bool:
        """Whether every partition is folded to its end."""
        return self.applied(eye) == [part.records for part in self.load.parts]

    def fault(self, eye: Eye) -> str | None:
        """The first number that is not what was drawn."""
        raise NotImplementedError
