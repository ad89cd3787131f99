"""Runs work that takes long in a thread, while the loop serves probes and other partitions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(slots=True)
class ThreadUse:
    """Whether a thread uses the state of its owner, which nothing else may read meanwhile."""

    active: bool = False

    async def run(self, function: Callable[..., Result], *arguments: object) -> Result:
        """Call *function* in a thread.

        The processor's lock is held meanwhile, so the order of its records does not change.
        """
        self.active = True
        try:
            return await asyncio.to_thread(function, *arguments)
        finally:
            self.active = False
