"""Limits attempts to guess a password or a passphrase."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

ATTEMPTS_MAX = 5
"""Failed attempts of one key within the window."""

WINDOW_SECONDS = 300.0

KEYS_MAX = 10_000
"""Keys that are remembered; the one used least recently is forgotten first."""


@dataclass(slots=True)
class AttemptLimit:
    """Counts failed attempts by key, such as an address or a name, over a sliding window."""

    attempts_max: int = ATTEMPTS_MAX
    window_seconds: float = WINDOW_SECONDS
    clock: Callable[[], float] = time.monotonic
    failed_at: dict[str, deque[float]] = field(default_factory=dict[str, deque[float]])

    def wait_seconds(self, *keys: str) -> float:
        """Return how long to wait before another attempt by any of *keys*; 0 where none must."""
        return max((self._wait(key) for key in keys), default=0.0)

    def add_failure(self, *keys: str) -> None:
        """Count a failed attempt of each of *keys*."""
        for key in keys:
            times = self.failed_at.pop(key, None) or deque[float](maxlen=self.attempts_max)
            times.append(self.clock())
            self.failed_at[key] = times
        while len(self.failed_at) > KEYS_MAX:
            del self.failed_at[next(iter(self.failed_at))]

    def forget(self, *keys: str) -> None:
        """Forget the failures of *keys*, after an attempt that succeeded."""
        for key in keys:
            self.failed_at.pop(key, None)

    def _wait(self, key: str) -> float:
        times = self.failed_at.get(key)
        if times is None or len(times) < self.attempts_max:
            return 0.0
        return max(times[0] + self.window_seconds - self.clock(), 0.0)
