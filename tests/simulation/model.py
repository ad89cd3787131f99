"""What the model of the apply protocol consists of: a store, workers, and the faults to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

NO_POSITION = -1
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

    pos: int = NO_POSITION
    left: int = 0
    right: int = 0

    def written_over(self, old: Row) -> Row:
        """Its fields written over *old*."""
        fields = zip(self, old, strict=True)
        return Row(*(had if new == UNCHANGED else new for new, had in fields))

    def changes_since(self, old: Row) -> Row:
        """What must be written to make *old* this row."""
        return Row(*(UNCHANGED if new == had else new for new, had in zip(self, old, strict=True)))


class Store(NamedTuple):
    """A partition's keys; the outbox is a set of offsets, one bit each."""

    next: int
    rows: tuple[Row, ...]
    outbox: int = 0


class ApplyRequest(NamedTuple):
    """One apply, as it travels."""

    first: int
    next: int
    positions: tuple[tuple[int, int], ...]
    rows: tuple[tuple[int, Row], ...]
    alerts: int


NO_APPLY: tuple[()] = ()
"""No write: a tuple, so that workers can be put in order."""


class Worker(NamedTuple):
    """What one worker has in memory.

    *fetched* is where the consumer will read next, *flying* the apply whose reply it awaits,
    *telling* the alerts it has told and not yet taken out of the outbox.
    """

    position: int
    fetched: int
    memory: tuple[Row, ...]
    in_flight: ApplyRequest | tuple[()] = NO_APPLY
    publishing: int = 0


class Faults(NamedTuple):
    """How many are still to come of the faults that would never end; crashes may go on for ever.

    Fallen back and written anew, a store has ever more of a past to fall back to.
    """

    rollbacks: int = 0
    late_applies: int = 0
    dropped_batches: int = 0


class ModelState(NamedTuple):
    """All there is: the store, those that a rollback may bring back, the workers, what was told.

    The last of *history* is the store as it is; one write makes one more of it.  *stray* is an
    apply that nobody waits for any more and that may still arrive.
    """

    faults_left: Faults
    history: tuple[Store, ...]
    workers: tuple[Worker, ...]
    late_apply: ApplyRequest | tuple[()] = NO_APPLY
    published: int = 0

    def with_writes(self, *stores: Store) -> ModelState:
        """After more writes; once the store falls back no more, nothing asks what it was."""
        state = self._replace(history=(*self.history, *stores))
        return state if self.faults_left.rollbacks else state._replace(history=state.history[-1:])

    def rolled_back(self, writes: int) -> ModelState:
        """The store as it was after its first *writes*; none is a wipe."""
        faults_left = self.faults_left._replace(rollbacks=self.faults_left.rollbacks - 1)
        return self._replace(history=self.history[: writes + 1], left=faults_left).with_writes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The protocol's decisions; the defaults are the design, everything else is a mutant."""

    compares: str = "the cursor and the rows"
    order: str = "outbox rows cursor"
    row_in_two_writes: bool = False
    has_outbox: bool = True
    detects_gaps: bool = True
    seeks_after_gap: bool = True
    checks_cursor: bool = True
    skips_folded: bool = True
    removes_before_publishing: bool = False


DESIGN = Rules()


class Transition(NamedTuple):
    """One step: what happened, what came of it, and whether it is work or a fault."""

    description: str
    state: ModelState
    fault: bool = False
