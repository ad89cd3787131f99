"""Caches built views as bytes, and bounds how often a view of a changing study is built."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import orjson

from board.follower.protocol import Json, completeness_json
from board.views.facts import Completeness

AGE_SECONDS = 1.0
"""A view of a changing study is built at most once in this time."""

COST_FACTOR = 10
"""It is built at most once in so many times what building takes."""

CACHE_BYTES_MAX = 256 << 20

ViewKey = tuple[str, str, tuple[tuple[str, str], ...], str | None]
"""Study, view, arguments in order of their names, and as-of day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltView:
    """A view as JSON, with the version of the study it was built from and its completeness.

    *read_at* is when the study was read (monotonic seconds), *cost* the seconds from there on.
    """

    version: int
    body: bytes
    completeness: Completeness
    read_at: float
    cost: float

    @property
    def fresh_seconds(self) -> float:
        """How long from now on the view is shown though the study has changed; 0 at least."""
        age = time.monotonic() - self.read_at
        return max(0.0, max(AGE_SECONDS, COST_FACTOR * self.cost) - age)

    def to_answer(self) -> Json:
        """Return the fields of an answer."""
        return {
            "version": self.version,
            "fresh_seconds": self.fresh_seconds,
            "body": orjson.Fragment(self.body),
            "completeness": completeness_json(self.completeness),
        }


@dataclass(slots=True)
class ViewCache:
    """The views built lately, at most *bytes_max* of them."""

    bytes_max: int = CACHE_BYTES_MAX
    entries: OrderedDict[ViewKey, BuiltView] = field(
        default_factory=OrderedDict[ViewKey, BuiltView]
    )
    building: dict[ViewKey, asyncio.Task[BuiltView]] = field(
        default_factory=dict[ViewKey, "asyncio.Task[BuiltView]"]
    )
    bytes_used: int = 0

    async def get_or_build(
        self, key: ViewKey, version: int, build: Callable[[], Awaitable[BuiltView]]
    ) -> BuiltView:
        """Return the view of *key*, built by *build* where the cached one is too old.

        Requests for one key wait for the same build.
        """
        entry = self.entries.get(key)
        if entry is not None and (entry.version == version or entry.fresh_seconds > 0):
            self.entries.move_to_end(key)
            return entry
        task = self.building.get(key)
        if task is None:
            task = self.building[key] = asyncio.ensure_future(self._build(key, build))
        return await asyncio.shield(task)

    async def _build(self, key: ViewKey, build: Callable[[], Awaitable[BuiltView]]) -> BuiltView:
        try:
            view = await build()
        finally:
            del self.building[key]
        self._drop(key)
        self.entries[key] = view
        self.bytes_used += len(view.body)
        while self.bytes_used > self.bytes_max and len(self.entries) > 1:
            self._drop(next(iter(self.entries)))
        return view

    def _drop(self, key: ViewKey) -> None:
        entry = self.entries.pop(key, None)
        if entry is not None:
            self.bytes_used -= len(entry.body)
