"""Two studies in one partition, and what may befall the row of one of them."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import orjson

from streams.store.memory import MemoryStore
from tests.streams.list_log import KeptLog
from tests.streams.processor.processors import PRODERM, STUDY

OTHER = "OTHER"
ROW = f"s:{STUDY}"

Harm = Callable[[MemoryStore], None]


def two_studies(count: int = 200) -> KeptLog:
    """A log of two studies that say the same, by turns."""
    log = KeptLog(partitions=1)
    for value in PRODERM[:count]:
        log.append(value, STUDY.encode())
        log.append(told_of_other(value), OTHER.encode())
    return log


def told_of_other(value: bytes) -> bytes:
    """The record *value*, of the other study."""
    record = orjson.loads(value.replace(STUDY.encode(), OTHER.encode()))
    if "toml" in record:
        record["sha256"] = sha256(record["toml"].encode()).hexdigest()
    return orjson.dumps(record)


def flipped(store: MemoryStore) -> None:
    """One case of the row says otherwise."""
    name = next(name for name in store.get(ROW) if name.startswith("c|"))
    store.set(ROW, {name: store.get(ROW)[name].replace(b"1", b"2")})


def fallen_back(store: MemoryStore) -> None:
    """The row is at an earlier record than the cursor says."""
    store.set(ROW, {"pos": b"10"})


def lost(store: MemoryStore) -> None:
    """The row is gone."""
    store.drop(ROW)


def not_ours(store: MemoryStore) -> None:
    """Somebody wrote what no row says."""
    store.set(ROW, {"pos": b"soon", "head": b"{"})


def ahead(store: MemoryStore) -> None:
    """The row is further than its log."""
    store.set(ROW, {"pos": b"100000"})
