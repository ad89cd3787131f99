"""What the model of the apply protocol consists of: a store, workers, and the faults to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

NONE = -1
"""The position of a row that is not there, and of a worker that has claimed nothing."""

NOT_LOADED = -2
"""The position of a row that a worker has not read."""

UNCHANGED = -3
"""A field of a row that an apply does not write."""


class Row(NamedTuple):
    """A study's row: the last offset folded, and two fields that count its records in turn.

    A count is a number in base 4, one digit an offset: a record folded twice is a 2 in its place.
    In an apply, a field may be UNCHANGED: only what changed is written.
    """

    pos: int = NONE
    left: int = 0
    right: int = 0

    def over(self, old: Row) -> Row:
        """Its fields written over *old*."""
        fields = zip(self, old, strict=True)
        return Row(*(had if new == UNCHANGED else new for new, had in fields))

    def since(self, old: Row) -> Row:
        """What must be written to make *old* this row."""
        return Row(*(UNCHANGED if new == had else new for new, had in zip(self, old, strict=True)))


class Store(NamedTuple):
    """A partition's keys; the outbox is a set of offsets, one bit each."""

    next: int
    rows: tuple[Row, ...]
    outbox: int = 0


class Write(NamedTuple):
    """One apply, as it travels."""

    first: int
    next: int
    positions: tuple[tuple[int, int], ...]
    rows: tuple[tuple[int, Row], ...]
    alerts: int


NOTHING: tuple[()] = ()
"""No write: a tuple, so that workers can be put in order."""


class Worker(NamedTuple):
    """What one worker has in memory.

    *fetched* is where the consumer will read next, *flying* the apply whose reply it awaits,
    *telling* the alerts it has told and not yet taken out of the outbox.
    """

    position: int
    fetched: int
    memory: tuple[Row, ...]
    flying: Write | tuple[()] = NOTHING
    telling: int = 0


class Faults(NamedTuple):
    """How many are still to come of the faults that would never end; crashes may go on for ever.

    Fallen back and written anew, a store has ever more of a past to fall back to.
    """

    falls: int = 0
    strays: int = 0
    drops: int = 0


class World(NamedTuple):
    """All there is: the store, those that a rollback may bring back, the workers, what was told.

    The last of *history* is the store as it is; one write makes one more of it.  *stray* is an
    apply that nobody waits for any more and that may still arrive.
    """

    left: Faults
    history: tuple[Store, ...]
    workers: tuple[Worker, ...]
    stray: Write | tuple[()] = NOTHING
    told: int = 0

    def pushed(self, *stores: Store) -> World:
        """After more writes; once the store falls back no more, nothing asks what it was."""
        world = self._replace(history=(*self.history, *stores))
        return world if self.left.falls else world._replace(history=world.history[-1:])

    def fallen(self, writes: int) -> World:
        """The store as it was after its first *writes*; none is a wipe."""
        left = self.left._replace(falls=self.left.falls - 1)
        return self._replace(history=self.history[: writes + 1], left=left).pushed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The protocol's decisions; the defaults are the design, everything else is a mutant."""

    compares: str = "the cursor and the rows"
    order: str = "outbox rows cursor"
    row_in_two: bool = False
    has_outbox: bool = True
    minds_gaps: bool = True
    seeks_again: bool = True
    glances: bool = True
    skips_folded: bool = True
    removes_first: bool = False


DESIGN = Rules()


class Move(NamedTuple):
    """One step: what happened, what came of it, and whether it is work or a fault."""

    says: str
    world: World
    fault: bool = False
