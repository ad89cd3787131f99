"""Reads alerts from the store, in a process other than the worker."""

from __future__ import annotations

import pytest

from streams.store.hashes import row_name
from streams.store.memory import MemoryStore
from streams.store.rows.load import InvalidRow
from streams.store.rows.query import read_entries


async def test_an_invalid_alert_is_reported_without_its_content():
    """The error names the study and the kind of error, but nothing that the alert contains."""
    store = MemoryStore()
    store.set("cursor", {"pos|S": b"3"})
    store.set(row_name("S"), {"pos": b"3", "l|1f0c": b'{"state":"secret"}'})

    with pytest.raises(InvalidRow, match=r"^An alert of S cannot be read: KeyError\.$"):
        [each async for each in read_entries(lambda _: store, 1)]
