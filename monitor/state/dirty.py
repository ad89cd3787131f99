"""What a study's records have changed since somebody last asked: what a store must write anew."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class DirtySet:
    """Names of what changed; *whole* says that anything may have.

    *things* are held by the ledger, *cells* are (table number, term number), *subjects* are
    names, *watches* and *episodes* are ids of watches, *duties* are of the docket of alerts.  A
    study has a trace only where somebody reads it: a replay keeps none.
    """

    everything: bool = False
    entities: set[str] = field(default_factory=set[str])
    cells: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    subjects: set[str] = field(default_factory=set[str])
    watches: set[str] = field(default_factory=set[str])
    episodes: set[str] = field(default_factory=set[str])
    alerts: set[str] = field(default_factory=set[str])

    def __len__(self) -> int:
        """How many names it holds: an upper limit of the fields to write, unless *whole*."""
        return (
            len(self.entities)
            + len(self.cells)
            + len(self.subjects)
            + len(self.watches)
            + len(self.episodes)
            + len(self.alerts)
        )

    def clear(self) -> None:
        """Forget all: it has been written."""
        self.everything = False
        for names in (self.entities, self.cells, self.subjects):
            names.clear()
        for names in (self.watches, self.episodes, self.alerts):
            names.clear()
