"""Alerts read where they are kept, by whoever is not their worker."""

from __future__ import annotations

import pytest

from streams.store.hashes import row_name
from streams.store.memory import MemoryStore
from streams.store.rows.load import InvalidRow
from streams.store.rows.query import read_entries


async def test_an_alert_that_is_not_as_it_was_written_is_said():
    """Of another version, or by a slip of a hand: the study is named, and nothing that it says."""
    store = MemoryStore()
    store.set("cursor", {"pos|S": b"3"})
    store.set(row_name("S"), {"pos": b"3", "l|1f0c": b'{"state":"secret"}'})

    with pytest.raises(InvalidRow, match=r"^An alert of S cannot be read: KeyError\.$"):
        [each async for each in read_entries(lambda _: store, 1)]
