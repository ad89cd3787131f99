"""Two studies in one partition, and what may befall the row of one of them."""

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


def log_of_two_studies(count: int = 200) -> ListLog:
    """A log of two studies that say the same, by turns."""
    log = ListLog(partitions=1)
    for value in PRODERM[:count]:
        log.append(value, STUDY.encode())
        log.append(for_other_study(value), OTHER_STUDY.encode())
    return log


def for_other_study(value: bytes) -> bytes:
    """The record *value*, of the other study."""
    record = orjson.loads(value.replace(STUDY.encode(), OTHER_STUDY.encode()))
    if "toml" in record:
        record["sha256"] = sha256(record["toml"].encode()).hexdigest()
    return orjson.dumps(record)


def corrupt_case(store: MemoryStore) -> None:
    """One case of the row says otherwise."""
    name = next(name for name in store.get(ROW_KEY) if name.startswith("c|"))
    store.set(ROW_KEY, {name: store.get(ROW_KEY)[name].replace(b"1", b"2")})


def roll_back_row(store: MemoryStore) -> None:
    """The row is at an earlier record than the cursor says."""
    store.set(ROW_KEY, {"pos": b"10"})


def drop_row(store: MemoryStore) -> None:
    """The row is gone."""
    store.drop(ROW_KEY)


def write_garbage(store: MemoryStore) -> None:
    """Somebody wrote what no row says."""
    store.set(ROW_KEY, {"pos": b"soon", "head": b"{"})


def move_row_ahead(store: MemoryStore) -> None:
    """The row is further than its log."""
    store.set(ROW_KEY, {"pos": b"100000"})
