"""Caches built views as bytes, and bounds how often a view of a changing study is built."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple

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

    *cost* is the seconds that building took, without waiting.
    """

    version: int
    body: bytes
    completeness: Completeness
    cost: float

    def to_answer(self) -> Json:
        """Return the fields of an answer."""
        return {
            "version": self.version,
            "body": orjson.Fragment(self.body),
            "completeness": completeness_json(self.completeness),
        }


class CachedView(NamedTuple):
    """A built view, and when it was built (monotonic seconds)."""

    view: BuiltView
    built_at: float

    @property
    def is_recent(self) -> bool:
        """Whether the view may be shown though the study has changed."""
        age = time.monotonic() - self.built_at
        return age < max(AGE_SECONDS, COST_FACTOR * self.view.cost)


@dataclass(slots=True)
class ViewCache:
    """The views built lately, at most *bytes_max* of them."""

    bytes_max: int = CACHE_BYTES_MAX
    entries: OrderedDict[ViewKey, CachedView] = field(
        default_factory=OrderedDict[ViewKey, CachedView]
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
        if entry is not None and (entry.view.version == version or entry.is_recent):
            self.entries.move_to_end(key)
            return entry.view
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
        self.entries[key] = CachedView(view, time.monotonic())
        self.bytes_used += len(view.body)
        while self.bytes_used > self.bytes_max and len(self.entries) > 1:
            self._drop(next(iter(self.entries)))
        return view

    def _drop(self, key: ViewKey) -> None:
        entry = self.entries.pop(key, None)
        if entry is not None:
            self.bytes_used -= len(entry.view.body)
