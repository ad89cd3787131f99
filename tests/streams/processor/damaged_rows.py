"""A log of two studies in one partition, and ways to damage the row of one of them."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import orjson

from streams.store.memory import MemoryStore
from tests.streams.list_log import ListLog
from tests.streams.processor.processors import PRODERM, STUDY

OTHER_STUDY = "OTHER"
ROW_KEY = f"s:{STUDY}"

Damage = Callable[[MemoryStore], None]
"""A function that damages the row of the first study in a store."""


def log_of_two_studies(count: int = 200) -> ListLog:
    """A log in which two studies with the same *count* records alternate."""
    log = ListLog(partitions=1)
    for value in PRODERM[:count]:
        log.append(value, STUDY.encode())
        log.append(for_other_study(value), OTHER_STUDY.encode())
    return log


def for_other_study(value: bytes) -> bytes:
    """The record *value*, attributed to the other study."""
    record = orjson.loads(value.replace(STUDY.encode(), OTHER_STUDY.encode()))
    if "toml" in record:
        record["sha256"] = sha256(record["toml"].encode()).hexdigest()
    return orjson.dumps(record)


def corrupt_case(store: MemoryStore) -> None:
    """Change the content of one case in the row, so that its digest is wrong."""
    name = next(name for name in store.get(ROW_KEY) if name.startswith("c|"))
    store.set(ROW_KEY, {name: store.get(ROW_KEY)[name].replace(b"1", b"2")})


def roll_back_row(store: MemoryStore) -> None:
    """Set the row to an earlier record than the cursor has for it."""
    store.set(ROW_KEY, {"pos": b"10"})


def drop_row(store: MemoryStore) -> None:
    """Delete the row."""
    store.drop(ROW_KEY)


def write_garbage(store: MemoryStore) -> None:
    """Overwrite fields of the row with values that no row can have."""
    store.set(ROW_KEY, {"pos": b"soon", "head": b"{"})


def move_row_ahead(store: MemoryStore) -> None:
    """Set the row to an offset after the end of the log."""
    store.set(ROW_KEY, {"pos": b"100000"})
