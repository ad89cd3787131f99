"""A store that remembers every prefix of its writes, so that it can fall back to any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from streams.store import ApplyRequest, ApplyResult, Fields
from streams.store.hashes import OUTBOX, row_name
from streams.store.memory import MemoryStore

Hashes = dict[str, Fields]


class StoreState(NamedTuple):
    """The store after one command; rows in *spoilt* were altered by somebody else."""

    hashes: Hashes
    corrupted: frozenset[str] = frozenset()


@dataclass(slots=True)
class RollbackStore(MemoryStore):
    """Never changes a hash that it had: each command makes a new moment of unchanged ones.

    *seen* looks at each moment as it is made; those in *inside* lie in the middle of an apply.
    """

    on_change: Callable[[StoreState], None] = print
    states: list[StoreState] = field(default_factory=lambda: [StoreState({})])
    mid_apply: set[int] = field(default_factory=set[int])

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        """Write a batch, and remember after which of its commands it would be torn."""
        start = len(self.states)
        applied = await MemoryStore.apply(self, request)
        self.mid_apply.update(range(start, len(self.states) - 1))
        return applied

    def set(self, name: str, fields: Fields) -> None:
        """Write *fields* of one hash: all of them or none."""
        if fields:
            self._set_state({**self.hashes, name: {**self.hashes.get(name, {}), **fields}})

    def drop(self, name: str) -> None:
        """Take one hash away."""
        if name in self.hashes:
            self._set_state({key: each for key, each in self.hashes.items() if key != name}, name)

    def move(self, old: str, new: str) -> None:
        """Put one hash in another's place."""
        hashes = {key: each for key, each in self.hashes.items() if key != old}
        self._set_state({**hashes, new: self.hashes[old]}, new)

    async def remove_published(self, names: Iterable[str]) -> None:
        """Take entries out of the outbox, by one command."""
        published, entries = set(names), self.hashes.get(OUTBOX, {})
        if published & entries.keys():
            left = {name: value for name, value in entries.items() if name not in published}
            self._set_state({**self.hashes, OUTBOX: left})

    def roll_back(self, writes: int) -> bool:
        """Be what it was after its first *writes*; whether that tears an apply.  None is a wipe."""
        del self.states[writes + 1 :]
        self.hashes = self.states[-1].hashes
        self.mid_apply = {number for number in self.mid_apply if number <= writes}
        return writes in self.mid_apply

    def corrupt(self, study: str, name: str, value: bytes) -> None:
        """Alter a field of a row, as no writer of ours would."""
        hashed = {**self.hashes[row_name(study)], name: value}
        self._set_state({**self.hashes, row_name(study): hashed}, corrupted=row_name(study))

    def _set_state(self, hashes: Hashes, replaced: str = "", corrupted: str = "") -> None:
        """Another moment; the hash *whole* is new altogether."""
        bad = (self.states[-1].corrupted - {replaced}) | ({corrupted} - {""})
        self.hashes = hashes
        self.states.append(StoreState(hashes, bad))
        self.on_change(self.states[-1])


def non_empty(fields: Mapping[str, bytes]) -> Fields:
    """The fields that are not emptied."""
    return {name: value for name, value in fields.items() if value}


def rows_of(state: StoreState) -> dict[str, Fields]:
    """The rows of a moment, by study, without those prepared aside."""
    start = row_name("")
    names = (name for name in state.hashes if name.startswith(start))
    return {
        name.removeprefix(start): state.hashes[name] for name in names if not name.endswith("~")
    }
