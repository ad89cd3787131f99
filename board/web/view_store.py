"""Stores the views that the follower rendered, as bytes by study, version, view and arguments."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
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

EARLIER_SECONDS = 0.5
"""How long a view of an earlier version is shown: the follower builds none more often than its
cost allows.
"""

TABLE_FIELDS = frozenset({"name", "caption", "columns", "rows", "note"})

Key = tuple[str, int, str, tuple[tuple[str, str], ...], str | None]


@dataclass(slots=True)
class StoredView:
    """An answer of the follower; *json* is its view, *pages* and *csv* are made when asked for.

    It is valid until a time of the clock, infinite where it is of the study's present version.
    """

    answer: Answer
    json: bytes
    valid_until: float
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
    """Asks the follower for each view once a version of its study, however many read it."""

    client: StudyClient
    clock: Callable[[], float] = time.monotonic
    stored: OrderedDict[Key, StoredView] = field(default_factory=OrderedDict[Key, StoredView])
    asked: dict[Key, asyncio.Task[StoredView]] = field(
        default_factory=dict[Key, "asyncio.Task[StoredView]"]
    )

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
        arguments = _arguments_of(entry, query)
        key = study, state.studies[study].version, view, tuple(arguments.items()), as_of
        stored = self.stored.get(key)
        if stored is not None and self.clock() < stored.valid_until:
            self.stored.move_to_end(key)
            return stored
        if key not in self.asked:
            task = asyncio.ensure_future(self._ask(key, dict(arguments)))
            self.asked[key] = task
            task.add_done_callback(lambda _: self.asked.pop(key, None))
        # A reader who leaves does not take the view from the others.
        return await asyncio.shield(self.asked[key])

    async def _ask(self, key: Key, arguments: Mapping[str, str]) -> StoredView:
        study, _, view, _, as_of = key
        answer = await self.client.ask(study, view, arguments, as_of)
        is_present = answer.version >= key[1] or as_of is not None
        valid_until = inf if is_present else self.clock() + EARLIER_SECONDS
        stored = StoredView(answer, orjson.dumps(answer.body), valid_until)
        self.stored[key] = stored
        self._remove_old(study, key[1])
        return stored

    def _remove_old(self, study: str, version: int) -> None:
        """Remove the views of earlier versions of *study*, and those beyond the limits."""
        for key in [each for each in self.stored if each[0] == study and each[1] < version]:
            del self.stored[key]
        size = sum(each.size for each in self.stored.values())
        while len(self.stored) > 1 and (len(self.stored) > VIEWS_MAX or size > BYTES_MAX):
            _, removed = self.stored.popitem(last=False)
            size -= removed.size


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
