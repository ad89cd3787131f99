"""Lets the partitions of a batch take each step of the fold together."""

from __future__ import annotations

import asyncio


async def finish_step() -> None:
    """Let the tasks of the other partitions finish the same step: decode, fold, encode or write.

    A small batch has a few records of each partition.  If one partition took every step before the
    next began, the steps would evict each other from the CPU caches; and the partitions that write
    in one step of the event loop share a round trip to the store.
    """
    await asyncio.sleep(0)
