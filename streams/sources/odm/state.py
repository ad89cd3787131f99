"""Completes the groups of a transactional file: each states only what one transaction changed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

from streams.sources.odm.groups import KIND, REMOVE, STAMP, Group
from streams.sources.rows import AnyRow

_END = "\x1f"
"""Ends each part of an identity; its successor, a space, ends the range of what begins with it."""


class GroupState(AbstractContextManager["GroupState"]):
    """The item groups as their transactions so far left them, in a private file on disk."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")  # SQLite removes the file.
        self._database.execute("create table groups (identity text primary key, cells text)")
        self._database.execute(
            "create table parts (owner text, identity text, primary key (owner, identity))"
        )

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def is_empty(self, group: Group) -> bool:
        """Return whether item group *group* has no value, and had none before."""
        if group.has_values or group.is_removed or not group.is_item_group:
            return False
        return not self._cells(_key(group.identity))

    def apply(self, group: Group, *, is_partial: bool) -> Iterator[Group]:
        """Yield the groups that *group* changes, each whole.

        A group that is partial keeps the items that it does not state.  A removal yields the group
        with its last cells, and so for each group inside an element.
        """
        if group.is_item_group:
            yield self._changed(group, is_partial=is_partial or group.is_removed)
        elif group.is_removed:
            yield from self._removed_inside(group)

    def parts_left(self, row: AnyRow, group: Group) -> int:
        """Note that *group* is a part of what *row* is about; return how many parts there are."""
        owner = json.dumps([type(row).__name__, row.subject, row.key])
        part = [owner, _key(group.identity)]
        if group.is_removed:
            self._database.execute("delete from parts where owner = ? and identity = ?", part)
        else:
            self._database.execute("insert or ignore into parts values (?, ?)", part)
        count = self._database.execute("select count(*) from parts where owner = ?", [owner])
        return int(count.fetchone()[0])

    def _changed(self, group: Group, *, is_partial: bool) -> Group:
        key = _key(group.identity)
        before = self._cells(key) if is_partial else {}
        whole = replace(group, cells={**before, **group.cells})
        if group.is_removed:
            self._database.execute("delete from groups where identity = ?", [key])
        else:
            self._database.execute(
                "insert or replace into groups values (?, ?)", [key, json.dumps(whole.cells)]
            )
        return whole

    def _cells(self, key: str) -> dict[str, str]:
        found = self._database.execute("select cells from groups where identity = ?", [key])
        line = found.fetchone()
        return json.loads(line[0]) if line else {}

    def _removed_inside(self, element: Group) -> Iterator[Group]:
        prefix = _key(element.identity)
        bounds = [prefix, prefix[:-1] + chr(ord(_END) + 1)]
        inside = "from groups where identity >= ? and identity < ?"
        lines = self._database.execute(f"select identity, cells {inside} order by 1", bounds)
        for identity, cells in lines.fetchall():
            changes = {KIND: REMOVE, STAMP: element.cells[STAMP]}
            parts = tuple(str(identity).split(_END)[:-1])
            yield Group("ItemGroupData", parts, {**json.loads(cells), **changes})
        self._database.execute(f"delete {inside}", bounds)


def _key(identity: tuple[str, ...]) -> str:
    return "".join(part + _END for part in identity)
