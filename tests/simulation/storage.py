"""A store that remembers every prefix of its writes, so that it can fall back to any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from streams.store import Applied, Fields, Write
from streams.store.hashes import OUTBOX, row
from streams.store.memory import MemoryStore

Hashes = dict[str, Fields]


class Moment(NamedTuple):
    """The store after one command; rows in *spoilt* were altered by somebody else."""

    hashes: Hashes
    spoilt: frozenset[str] = frozenset()


@dataclass(slots=True)
class Storage(MemoryStore):
    """Never changes a hash that it had: each command makes a new moment of unchanged ones.

    *seen* looks at each moment as it is made; those in *inside* lie in the middle of an apply.
    """

    seen: Callable[[Moment], None] = print
    past: list[Moment] = field(default_factory=lambda: [Moment({})])
    inside: set[int] = field(default_factory=set[int])

    async def apply(self, write: Write) -> Applied:
        """Write a batch, and remember after which of its commands it would be torn."""
        start = len(self.past)
        applied = await MemoryStore.apply(self, write)
        self.inside.update(range(start, len(self.past) - 1))
        return applied

    def set(self, name: str, fields: Fields) -> None:
        """Write *fields* of one hash: all of them or none."""
        if fields:
            self._become({**self.held, name: {**self.held.get(name, {}), **fields}})

    def drop(self, name: str) -> None:
        """Take one hash away."""
        if name in self.held:
            self._become({key: each for key, each in self.held.items() if key != name}, name)

    def move(self, old: str, new: str) -> None:
        """Put one hash in another's place."""
        hashes = {key: each for key, each in self.held.items() if key != old}
        self._become({**hashes, new: self.held[old]}, new)

    async def told(self, names: Iterable[str]) -> None:
        """Take entries out of the outbox, by one command."""
        gone, held = set(names), self.held.get(OUTBOX, {})
        if gone & held.keys():
            left = {name: value for name, value in held.items() if name not in gone}
            self._become({**self.held, OUTBOX: left})

    def fall(self, writes: int) -> bool:
        """Be what it was after its first *writes*; whether that tears an apply.  None is a wipe."""
        del self.past[writes + 1 :]
        self.held = self.past[-1].hashes
        self.inside = {number for number in self.inside if number <= writes}
        return writes in self.inside

    def spoil(self, study: str, name: str, value: bytes) -> None:
        """Alter a field of a row, as no writer of ours would."""
        hashed = {**self.held[row(study)], name: value}
        self._become({**self.held, row(study): hashed}, spoilt=row(study))

    def _become(self, hashes: Hashes, whole: str = "", spoilt: str = "") -> None:
        """Another moment; the hash *whole* is new altogether."""
        bad = (self.past[-1].spoilt - {whole}) | ({spoilt} - {""})
        self.held = hashes
        self.past.append(Moment(hashes, bad))
        self.seen(self.past[-1])


def standing(fields: Mapping[str, bytes]) -> Fields:
    """The fields that are not emptied."""
    return {name: value for name, value in fields.items() if value}


def rows_of(moment: Moment) -> dict[str, Fields]:
    """The rows of a moment, by study, without those prepared aside."""
    start = row("")
    names = (name for name in moment.hashes if name.startswith(start))
    return {
        name.removeprefix(start): moment.hashes[name] for name in names if not name.endswith("~")
    }
