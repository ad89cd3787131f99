"""Returns freed memory to the system, which the C library would keep."""

from __future__ import annotations

import asyncio
import ctypes

TRIM_SECONDS = 60
"""Time between two returns of memory; one takes about 20 ms in a thread."""


async def return_freed_memory(seconds: float = TRIM_SECONDS) -> None:
    """Return freed memory again and again, after this many *seconds*.

    A large batch takes a hundred MiB for a moment.  Rows that were loaded meanwhile lie between its
    pieces, so glibc by itself returns almost none of them.
    """
    while True:
        await asyncio.sleep(seconds)
        await asyncio.to_thread(trim_memory)


def trim_memory() -> bool:
    """Return freed memory to the system, and return whether the C library could and did."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):  # Only glibc has it.
        return False
    return bool(trim(0))
