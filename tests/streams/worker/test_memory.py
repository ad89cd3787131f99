"""A worker gives back the memory that a large batch took."""

from __future__ import annotations

import asyncio
import ctypes

import pytest

from benchmarks.clocks import resident_bytes
from streams.worker.memory import return_freed_memory, trim_memory

MIB = 1 << 20
HAS_TRIM = hasattr(ctypes.CDLL(None), "malloc_trim")

pytestmark = pytest.mark.skipif(not HAS_TRIM, reason="only glibc has malloc_trim")


def scattered_pieces() -> list[bytes]:
    """Pieces that are kept, scattered over 80 MiB of which the rest is free again."""
    pieces = [bytes(2_000) for _ in range(42_000)]
    return pieces[::100]


def test_memory_between_kept_pieces_is_returned():
    """The C library returns only what is free at the end of its memory."""
    kept, before = scattered_pieces(), resident_bytes()

    assert trim_memory()

    assert resident_bytes() < before - 40 * MIB
    assert kept[0] == bytes(2_000)


async def test_a_worker_returns_memory_again_and_again():
    """Otherwise its memory stays at that of its largest batch so far."""
    trimming = asyncio.create_task(return_freed_memory(0.01))

    for _ in range(2):
        kept, before = scattered_pieces(), resident_bytes()
        await asyncio.sleep(0.5)
        assert resident_bytes() < before - 40 * MIB and kept

    trimming.cancel()
