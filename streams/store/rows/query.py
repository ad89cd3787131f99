"""Reads alerts from the rows of the store, of all studies or selected ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

from alerts.register.history import AlertEntry
from streams.kafka.partitioner import partition_of
from streams.store import Store
from streams.store.rows.alerts import entry_from
from streams.store.rows.load import FORMAT_ERRORS, InvalidRow

ALERT_PREFIX = "l|"
ALERT_ID_LENGTH = 24
"""Characters of a complete alert id, which is read directly, without a scan."""

OpenStore = Callable[[int], Store]
"""Returns the store of a partition."""


async def list_studies(
    open_store: OpenStore, partitions: int, selected: Sequence[str] = ()
) -> list[str]:
    """Return the names of all studies with a row, or the *selected* ones, sorted."""
    if selected:
        return sorted(set(selected))
    by_partition = [await open_store(number).studies() for number in range(partitions)]
    return sorted(study for each in by_partition for study in each)


async def read_entries(
    open_store: OpenStore, partitions: int, studies: Sequence[str] = (), id_prefix: str = ""
) -> AsyncIterator[AlertEntry]:
    """Yield the alerts of *studies* (all if empty) whose ids begin with *id_prefix*.

    Studies are in order of name, the alerts of each with the newest first.  Raises InvalidRow
    where an alert cannot be decoded.
    """
    for study in await list_studies(open_store, partitions, studies):
        store = open_store(partition_of(study, partitions))
        if len(id_prefix) == ALERT_ID_LENGTH:
            values = [await store.field(study, ALERT_PREFIX + id_prefix)]
        else:
            values = list((await store.find_fields(study, ALERT_PREFIX + id_prefix)).values())
        try:
            alert_entries = [entry_from(value) for value in values if value]
        except FORMAT_ERRORS as error:
            raise InvalidRow(
                f"An alert of {study} cannot be read: {type(error).__name__}."
            ) from error
        for entry in sorted(
            alert_entries, key=lambda entry: (-entry.history[0].line, entry.alert.id)
        ):
            yield entry
