"""Reads alerts where they are kept: of every study, or the one that somebody means."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

from alerts.register.history import Entry
from streams.kafka.partitioner import partition_of
from streams.store import Store
from streams.store.rows.alerts import entry_from
from streams.store.rows.load import UNREADABLE, BadRow

FIELD = "l|"
ID_LENGTH = 24
"""Of an alert's id: whoever gives all of it needs no search."""

Open = Callable[[int], Store]
"""Gives the store of a partition."""


async def studies_of(open_store: Open, partitions: int, wanted: Sequence[str] = ()) -> list[str]:
    """The studies that have a row, or the *wanted* ones, by name."""
    if wanted:
        return sorted(set(wanted))
    found = [await open_store(number).studies() for number in range(partitions)]
    return sorted(study for each in found for study in each)


async def entries(
    open_store: Open, partitions: int, studies: Sequence[str] = (), beginning: str = ""
) -> AsyncIterator[Entry]:
    """The alerts of *studies*, of all where none is named, whose ids begin so; newest first.

    Raises BadRow where one is not as it was written.
    """
    for study in await studies_of(open_store, partitions, studies):
        store = open_store(partition_of(study, partitions))
        if len(beginning) == ID_LENGTH:
            found = [await store.field(study, FIELD + beginning)]
        else:
            found = list((await store.find(study, FIELD + beginning)).values())
        try:
            kept = [entry_from(value) for value in found if value]
        except UNREADABLE as error:
            raise BadRow(f"An alert of {study} cannot be read: {type(error).__name__}.") from error
        for entry in sorted(kept, key=lambda entry: (-entry.history[0].line, entry.alert.id)):
            yield entry
