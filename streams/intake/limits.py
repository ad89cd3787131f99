"""Limits of rate and memory, beyond which a request is answered with 429 or 503."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

BODY_BYTES_MAX = 16 << 20
"""Largest body of one request."""

HELD_BYTES_MAX = 4 * BODY_BYTES_MAX
"""Bodies of all requests in progress; a further one is refused, so that memory is bounded."""

REQUESTS_MAX = 1_000
"""Requests in progress."""

BURST_SECONDS = 2
"""A client may send the requests of so many seconds at once."""


class Overloaded(Exception):
    """The intake holds as many requests or bytes as it may: answer 503."""


@dataclass(slots=True)
class TokenBucket:
    """Allows *rate* requests a second on average, and ``BURST_SECONDS`` times as many at once."""

    rate: float
    clock: Callable[[], float]
    level: float = field(init=False)
    filled_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.level, self.filled_at = self.rate * BURST_SECONDS, self.clock()

    def take(self) -> int:
        """Return 0 if a request is allowed now, else the seconds after which one is, rounded up."""
        now = self.clock()
        added = (now - self.filled_at) * self.rate
        self.level, self.filled_at = min(self.level + added, self.rate * BURST_SECONDS), now
        if self.level < 1:
            return math.ceil((1 - self.level) / self.rate)
        self.level -= 1
        return 0


@dataclass(slots=True)
class Limits:
    """The buckets of all clients by name, and what the requests in progress hold."""

    requests_per_second: float
    clock: Callable[[], float] = time.monotonic
    buckets: dict[str, TokenBucket] = field(init=False)
    held_bytes: int = 0
    requests: int = 0

    def __post_init__(self) -> None:
        self.buckets = defaultdict(partial(TokenBucket, self.requests_per_second, self.clock))

    def wait_seconds(self, client: str) -> int:
        """Return 0 if a request of *client* is allowed now, else after how many seconds."""
        return self.buckets[client].take()

    @contextmanager
    def request(self) -> Generator[RequestBytes]:
        """Hold a request, and the bytes that are read for it, to the end of the block.

        Raises Overloaded where there are too many.
        """
        if self.requests >= REQUESTS_MAX:
            raise Overloaded
        held = RequestBytes(self)
        self.requests += 1
        try:
            yield held
        finally:
            self.requests -= 1
            self.held_bytes -= held.count


@dataclass(slots=True)
class RequestBytes:
    """The bytes that one request holds."""

    limits: Limits
    count: int = 0

    def add(self, size: int) -> None:
        """Hold *size* more bytes.  Raises Overloaded where all requests hold too many."""
        self.limits.held_bytes += size
        self.count += size
        if self.limits.held_bytes > HELD_BYTES_MAX:
            raise Overloaded
