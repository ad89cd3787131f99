"""Finds cycles of merges, each from a duplicate to its survivor, in one pass over all merges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.records import Merge
from monitor.state.entities import Entities


@dataclass(slots=True)
class CycleSearch:
    """Tarjan's search for strongly connected components, without recursion.

    *survivors* holds the names that each name leads to.  *components* gets the number of the cycle
    of each name that is in one; names in no cycle are left out.
    """

    survivors: Mapping[str, Sequence[str]]
    components: dict[str, int] = field(default_factory=dict[str, int])
    order: dict[str, int] = field(default_factory=dict[str, int])
    lowest: dict[str, int] = field(default_factory=dict[str, int])
    open_names: dict[str, None] = field(default_factory=dict[str, None])

    def run(self) -> dict[str, int]:
        """Search from every name, and return *components*."""
        for name in self.survivors:
            if name not in self.order:
                self._search(name)
        return self.components

    def _search(self, root: str) -> None:
        path: list[tuple[str, Iterator[str]]] = [self._enter(root)]
        while path:
            name, remaining = path[-1]
            for survivor in remaining:
                if survivor not in self.order:
                    path.append(self._enter(survivor))
                    break
                if survivor in self.open_names:
                    self.lowest[name] = min(self.lowest[name], self.order[survivor])
            else:
                path.pop()
                self._leave(name)
                if path:
                    parent = path[-1][0]
                    self.lowest[parent] = min(self.lowest[parent], self.lowest[name])

    def _enter(self, name: str) -> tuple[str, Iterator[str]]:
        self.order[name] = self.lowest[name] = len(self.order)
        self.open_names[name] = None
        return name, iter(self.survivors.get(name, ()))

    def _leave(self, name: str) -> None:
        """Close the component of *name*, if it is the first of it; keep those of several names."""
        if self.lowest[name] != self.order[name]:
            return
        members: list[str] = []
        while not members or members[-1] != name:
            members.append(self.open_names.popitem()[0])
        if len(members) > 1:
            self.components.update(dict.fromkeys(members, self.order[name]))


def cycles_of(survivors: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return the number of the cycle of each name that is in one.

    >>> cycles_of({"a": ["b"], "b": ["c"], "c": ["b"]})
    {'c': 1, 'b': 1}
    """
    return CycleSearch(survivors).run()


def find_cycles(entities: Entities) -> None:
    """Find all cycles of case merges, before the activity of every entity is asked for."""
    survivors: dict[str, list[str]] = {}
    for name, references in entities.nullified_by.items():
        for reference in references:
            body = entities.by_id[reference].body
            if isinstance(body, Merge) and entities.is_active(reference):
                survivors.setdefault(name, []).append(body.survivor)
    entities.cycles = cycles_of(survivors)
