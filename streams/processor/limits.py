"""What a lane may use, each limit with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from streams.store import PAIRS_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """*bytes* of memory for studies; those not used for longest leave, and are loaded again.

    An apply has at most *pairs*, for it keeps the store from everything else: so many take it
    about 15 ms.  More of them make less work, since what several records change is written once.
    One unreadable
    record is set aside; *unreadable* of them in a row stop the partition, for setting aside
    everything is a silent outage.  A row is rebuilt *rebuilt* records at a time, so that the
    partition goes on beside it.
    """

    memory_bytes: int = 512 << 20
    pairs_max: int = 3 * PAIRS_MAX
    unreadable_max: int = 10
    rebuild_records_max: int = 20_000
