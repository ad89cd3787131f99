"""State of the model of the apply protocol: store, workers, and the faults that remain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

NO_POSITION = -1
"""The position of a missing row, and of a worker that has not claimed the partition."""

NOT_LOADED = -2
"""The position of a row that a worker has not read."""

UNCHANGED = -3
"""Marks a field of a row that an apply does not write."""


class Row(NamedTuple):
    """A study's row: the last offset folded, and two fields that count its records alternately.

    A count is a number in base 4 with one digit per offset: a record that is folded twice has the
    digit 2.  In an apply, an UNCHANGED field is not written.
    """

    pos: int = NO_POSITION
    left: int = 0
    right: int = 0

    def written_over(self, old: Row) -> Row:
        """Return *old* with the changed fields of this row written over it."""
        fields = zip(self, old, strict=True)
        return Row(*(before if new == UNCHANGED else new for new, before in fields))

    def changes_since(self, old: Row) -> Row:
        """Return the fields to write so that *old* becomes this row."""
        fields = zip(self, old, strict=True)
        return Row(*(UNCHANGED if new == before else new for new, before in fields))


class Store(NamedTuple):
    """The keys of a partition; the outbox is a bit set of offsets."""

    next: int
    rows: tuple[Row, ...]
    outbox: int = 0


class ApplyRequest(NamedTuple):
    """One apply request, as the worker sends it."""

    first: int
    next: int
    positions: tuple[tuple[int, int], ...]
    rows: tuple[tuple[int, Row], ...]
    alerts: int


NO_APPLY: tuple[()] = ()
"""No apply in flight; a tuple, so that workers can be sorted."""


class Worker(NamedTuple):
    """The memory of one worker.

    *fetched* is the next offset that the consumer reads, *in_flight* is the apply whose response
    the worker awaits, and *publishing* has the bits of the alerts between publication and removal
    from the outbox.
    """

    position: int
    fetched: int
    memory: tuple[Row, ...]
    in_flight: ApplyRequest | tuple[()] = NO_APPLY
    publishing: int = 0


class Faults(NamedTuple):
    """How many faults of each bounded kind remain; crashes are not bounded.

    Without a bound the search would not end: each write after a rollback adds a state to which the
    store can be rolled back again.
    """

    rollbacks: int = 0
    late_applies: int = 0
    dropped_batches: int = 0


class ModelState(NamedTuple):
    """One state of the model: store with its earlier states, workers, and published alerts.

    The last element of *history* is the current store; each write appends one.  *late_apply* is a
    request whose worker no longer waits for the response, and which may still arrive.
    """

    faults_left: Faults
    history: tuple[Store, ...]
    workers: tuple[Worker, ...]
    late_apply: ApplyRequest | tuple[()] = NO_APPLY
    published: int = 0

    def with_writes(self, *stores: Store) -> ModelState:
        """Append *stores* to the history; without remaining rollbacks only the last is needed."""
        state = self._replace(history=(*self.history, *stores))
        return state if self.faults_left.rollbacks else state._replace(history=state.history[-1:])

    def rolled_back(self, writes: int) -> ModelState:
        """Return the state after its first *writes* writes; 0 empties the store."""
        faults_left = self.faults_left._replace(rollbacks=self.faults_left.rollbacks - 1)
        return self._replace(
            history=self.history[: writes + 1], faults_left=faults_left
        ).with_writes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The decisions of the protocol: the defaults are the design, other values are mutants."""

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
    """One step: its description, the state after it, and whether it is a fault."""

    description: str
    state: ModelState
    fault: bool = False
