"""Tracks what changed in a study since the last write to the store."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class DirtySet:
    """Names of the changed parts of a study; *everything* means that any part may have changed.

    *entities* are entity ids, *cells* are (table number, term number), *subjects* are names,
    *watches* and *episodes* are ids of watches, *alerts* are field names of the alert register,
    *days* are blocks of the days on record.
    A study that is not stored, as in a replay, has no dirty set.
    """

    everything: bool = False
    entities: set[str] = field(default_factory=set[str])
    cells: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    subjects: set[str] = field(default_factory=set[str])
    watches: set[str] = field(default_factory=set[str])
    episodes: set[str] = field(default_factory=set[str])
    alerts: set[str] = field(default_factory=set[str])
    days: set[int] = field(default_factory=set[int])

    def __len__(self) -> int:
        """Return the number of names: an upper limit of fields to write, unless *everything*."""
        return (
            len(self.entities)
            + len(self.cells)
            + len(self.subjects)
            + len(self.watches)
            + len(self.episodes)
            + len(self.alerts)
            + len(self.days)
        )

    def clear(self) -> None:
        """Remove all names, after they have been written."""
        self.everything = False
        for names in (self.entities, self.cells, self.subjects):
            names.clear()
        for names in (self.watches, self.episodes, self.alerts):
            names.clear()
        self.days.clear()
