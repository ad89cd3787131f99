"""When log, store and worker of a partition last gave a sign of life."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Liveness:
    """*log_at* and *store_at* are when each last answered, in monotonic seconds.

    *moved_at* is when the cursor moved or was at the end of the log.  *waiting* has the offsets of
    the records behind the cursor that are no reviews, *waiting_at* when the first was another one
    or there was none.
    """

    log_at: float = field(default_factory=time.monotonic)
    store_at: float = field(default_factory=time.monotonic)
    moved_at: float = field(default_factory=time.monotonic)
    waiting: Sequence[int] = ()
    waiting_at: float = field(default_factory=time.monotonic)

    @property
    def silent(self) -> tuple[float, str]:
        """How many seconds the quietest of log, store and worker is silent, and which it is.

        A worker is silent while records wait and the cursor stays.
        """
        since = {"log": self.log_at, "store": self.store_at, "worker": self.moved_at}
        name = min(since, key=since.__getitem__)
        return time.monotonic() - since[name], name

    @property
    def silent_without_reviews(self) -> float:
        """How many seconds the quietest is silent if the worker need not fold reviews."""
        return time.monotonic() - min(self.log_at, self.store_at, self.waiting_at)

    def note_waiting(self, waiting: Sequence[int]) -> None:
        """Note the offsets of the records that wait and are no reviews."""
        if not waiting or waiting[:1] != self.waiting[:1]:
            self.waiting_at = time.monotonic()
        self.waiting = waiting
