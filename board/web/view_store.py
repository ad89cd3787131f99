"""Stores the views that the follower rendered, as bytes by study, version, view and arguments."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from board.follower.protocol import Answer
from board.views.catalogue import VIEWS, ViewEntry, ViewNotFoundError
from board.views.table import Column, ColumnKind, Table
from board.web.client import StudyClient

VIEWS_MAX = 256
"""Views that are stored; the one used least recently is removed."""

BYTES_MAX = 256 << 20
"""Bytes of stored views, pages and tables together."""

ARGUMENT_CHARACTERS_MAX = 300

HOT_SECONDS = 3.0
"""A view that was read within this time is asked for again as soon as there may be another."""

REFRESH_SECONDS = 0.5
"""How long a view is still shown while the follower builds the next one."""

TABLE_FIELDS = frozenset({"name", "caption", "columns", "rows", "note"})

Key = tuple[str, str, tuple[tuple[str, str], ...], str | None]
"""Study, view, arguments and as-of day."""


@dataclass(slots=True)
class StoredView:
    """An answer of the follower; *json* is its view, *pages* and *csv* are made when asked for.

    Until *fresh_until* the follower has no other, though the study changes; both times are those
    of the clock.
    """

    answer: Answer
    json: bytes
    fresh_until: float
    read_at: float
    pages: dict[str, bytes] = field(default_factory=dict[str, bytes])
    csv: dict[str, bytes] = field(default_factory=dict[str, bytes])

    @property
    def size(self) -> int:
        """The number of bytes, of which the answer's objects take a multiple."""
        made = sum(map(len, self.pages.values())) + sum(map(len, self.csv.values()))
        return 4 * len(self.json) + made

    def page(self, name: str, render: Callable[[Any], str]) -> bytes:
        """Return the page *name*, rendered from the view the first time."""
        if name not in self.pages:
            self.pages[name] = render(as_view(self.answer.body)).encode()
        return self.pages[name]

    def table(self, name: str) -> bytes:
        """Return the view's table *name* as CSV.  Raises ViewNotFoundError."""
        if name not in self.csv:
            tables = cast(list[dict[str, Any]], self.answer.body.get("tables", []))
            found = next((each for each in tables if each["name"] == name), None)
            if found is None:
                raise ViewNotFoundError(name)
            self.csv[name] = table_of(found).csv_text().encode()
        return self.csv[name]


@dataclass(slots=True)
class ViewStore:
    """Asks the follower for each view once a version of its study, however many read it.

    *sequence* is that of the follower's latest state that was seen.
    """

    client: StudyClient
    clock: Callable[[], float] = time.monotonic
    stored: OrderedDict[Key, StoredView] = field(default_factory=OrderedDict[Key, StoredView])
    asked: dict[Key, asyncio.Task[StoredView]] = field(
        default_factory=dict[Key, "asyncio.Task[StoredView]"]
    )
    sequence: int = 0

    def knows_study(self, study: str) -> bool:
        """Return whether the follower has *study*."""
        state = self.client.state
        return state is not None and study in state.studies

    async def find(
        self, study: str, view: str, query: Mapping[str, str], as_of: str | None = None
    ) -> StoredView:
        """Return a view; *query* may have other arguments than those of the view.

        Raises ViewNotFoundError, and what the client's ``ask`` raises.
        """
        entry, state = VIEWS.get(view), self.client.state
        if entry is None or state is None or study not in state.studies:
            raise ViewNotFoundError(view)
        if state.sequence < self.sequence:  # Another follower counts versions anew.
            self.stored.clear()
        self.sequence = state.sequence
        key = study, view, tuple(_arguments_of(entry, query).items()), as_of
        stored, asked = self.stored.get(key), self.asked.get(key)
        if stored is not None:
            stored.read_at = now = self.clock()
            self.stored.move_to_end(key)
            is_present = stored.answer.version == state.studies[study].version
            refreshing = asked is not None and now < stored.fresh_until + REFRESH_SECONDS
            if is_present or now < stored.fresh_until or refreshing:
                return stored
        # A reader who leaves does not take the view from the others.
        return await asyncio.shield(asked or self._ask_soon(key))

    def _ask_soon(self, key: Key) -> asyncio.Task[StoredView]:
        task = self.asked[key] = asyncio.ensure_future(self._ask(key))
        task.add_done_callback(lambda _: self.asked.pop(key, None))
        return task

    async def _ask(self, key: Key) -> StoredView:
        study, view, arguments, as_of = key
        answer = await self.client.ask(study, view, dict(arguments), as_of)
        now, before = self.clock(), self.stored.get(key)
        stored = StoredView(
            answer,
            orjson.dumps(answer.body),
            fresh_until=now + answer.fresh_seconds,
            read_at=now if before is None else before.read_at,
        )
        self.stored[key] = stored
        self._remove_old()
        if as_of is None and answer.fresh_seconds > 0:
            loop = asyncio.get_running_loop()
            loop.call_later(answer.fresh_seconds, self._refresh, key, stored)
        return stored

    def _refresh(self, key: Key, stored: StoredView) -> None:
        """Ask for the view again if it is read often, so that no reader waits for it."""
        state, is_hot = self.client.state, self.clock() < stored.read_at + HOT_SECONDS
        if self.stored.get(key) is not stored or key in self.asked or not is_hot or state is None:
            return
        summary = state.studies.get(key[0])
        if summary is not None and summary.version != stored.answer.version:
            self._ask_soon(key).add_done_callback(_ignore_failure)

    def _remove_old(self) -> None:
        """Remove the views that were not read for longest, where they exceed the limits."""
        size = sum(each.size for each in self.stored.values())
        while len(self.stored) > 1 and (len(self.stored) > VIEWS_MAX or size > BYTES_MAX):
            _, removed = self.stored.popitem(last=False)
            size -= removed.size


def _ignore_failure(task: asyncio.Task[StoredView]) -> None:
    """Take note of an error: the next reader asks again, and gets it."""
    if not task.cancelled():
        task.exception()


def _arguments_of(entry: ViewEntry, query: Mapping[str, str]) -> dict[str, str]:
    """Return the arguments of the view in *query*.  Raises ViewNotFoundError for a long one."""
    arguments = {name: query[name] for name in entry.arguments if query.get(name)}
    if any(len(value) > ARGUMENT_CHARACTERS_MAX for value in arguments.values()):
        raise ViewNotFoundError(entry.name)
    return arguments


class ViewFields(dict[str, Any]):
    """An object of JSON whose fields are attributes, too, as those of the view's dataclass were."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def as_view(value: Any) -> Any:
    """Return *value*, plain JSON, as templates and charts expect a view, with its tables."""
    if isinstance(value, list):
        return tuple(as_view(each) for each in cast(list[Any], value))
    if not isinstance(value, dict):
        return value
    fields = cast(dict[str, Any], value)
    if fields.keys() == TABLE_FIELDS:
        return table_of(fields)
    return ViewFields((name, as_view(each)) for name, each in fields.items())


def table_of(fields: dict[str, Any]) -> Table:
    """Return the table that *fields*, plain JSON, describe."""
    columns = [
        Column(**(column | {"kind": ColumnKind(column["kind"])})) for column in fields["columns"]
    ]
    return Table(
        name=fields["name"],
        caption=fields["caption"],
        columns=columns,
        rows=fields["rows"],
        note=fields["note"],
    )
