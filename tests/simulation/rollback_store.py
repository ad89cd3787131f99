"""A store that retains the state after each write, so that it can roll back to any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from streams.store import ApplyRequest, ApplyResult, Fields
from streams.store.hashes import OUTBOX, row_name
from streams.store.memory import MemoryStore

Hashes = dict[str, Fields]


class StoreState(NamedTuple):
    """The store after one command; *corrupted* names the rows that a fault has changed."""

    hashes: Hashes
    corrupted: frozenset[str] = frozenset()


@dataclass(slots=True)
class RollbackStore(MemoryStore):
    """Appends a new state with each command, and never changes the hashes of an earlier one.

    *on_change* is called with each new state; *mid_apply* has the numbers of the states that are
    in the middle of an apply.
    """

    on_change: Callable[[StoreState], None] = print
    states: list[StoreState] = field(default_factory=lambda: [StoreState({})])
    mid_apply: set[int] = field(default_factory=set[int])

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        """Apply *request*, and note which of the new states are in the middle of it."""
        start = len(self.states)
        result = await MemoryStore.apply(self, request)
        self.mid_apply.update(range(start, len(self.states) - 1))
        return result

    def set(self, name: str, fields: Fields) -> None:
        """Write *fields* of one hash with one command."""
        if fields:
            self._set_state({**self.hashes, name: {**self.hashes.get(name, {}), **fields}})

    def drop(self, name: str) -> None:
        """Delete the hash *name*."""
        if name in self.hashes:
            self._set_state({key: each for key, each in self.hashes.items() if key != name}, name)

    def drop_fields(self, name: str, fields: Iterable[str]) -> None:
        """Delete *fields* of one hash with one command."""
        dropped = set(fields)
        kept = {key: each for key, each in self.get(name).items() if key not in dropped}
        self._set_state({**self.hashes, name: kept})

    def move(self, old: str, new: str) -> None:
        """Rename the hash *old* to *new*, which it replaces."""
        hashes = {key: each for key, each in self.hashes.items() if key != old}
        self._set_state({**hashes, new: self.hashes[old]}, new)

    async def remove_published(self, names: Iterable[str]) -> None:
        """Remove entries from the outbox with one command."""
        published, entries = set(names), self.hashes.get(OUTBOX, {})
        if published & entries.keys():
            remaining = {name: value for name, value in entries.items() if name not in published}
            self._set_state({**self.hashes, OUTBOX: remaining})

    def roll_back(self, writes: int) -> bool:
        """Roll back to the state after *writes* writes; return whether that is in mid-apply."""
        del self.states[writes + 1 :]
        self.hashes = self.states[-1].hashes
        self.mid_apply = {number for number in self.mid_apply if number <= writes}
        return writes in self.mid_apply

    def corrupt(self, study: str, name: str, value: bytes) -> None:
        """Change a field of a row, as no worker does."""
        fields = {**self.hashes[row_name(study)], name: value}
        self._set_state({**self.hashes, row_name(study): fields}, corrupted=row_name(study))

    def _set_state(self, hashes: Hashes, replaced: str = "", corrupted: str = "") -> None:
        """Append a state; *replaced* is not corrupted any more, and *corrupted* is from now on."""
        corrupted_rows = (self.states[-1].corrupted - {replaced}) | ({corrupted} - {""})
        self.hashes = hashes
        self.states.append(StoreState(hashes, corrupted_rows))
        self.on_change(self.states[-1])


def non_empty(fields: Mapping[str, bytes]) -> Fields:
    """Return the fields that have a value; an empty one counts as absent."""
    return {name: value for name, value in fields.items() if value}


def rows_of(state: StoreState) -> dict[str, Fields]:
    """Return the rows of *state* by study, without staged rows."""
    start = row_name("")
    names = (name for name in state.hashes if name.startswith(start))
    return {
        name.removeprefix(start): state.hashes[name] for name in names if not name.endswith("~")
    }
