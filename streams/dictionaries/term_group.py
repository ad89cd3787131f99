"""A group of preferred terms with its dictionary, as TOML for a plan."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """How wide a query is: its narrow terms, or its narrow and its broad ones."""

    NARROW = "narrow"
    BROAD = "broad"


@dataclass(frozen=True, slots=True, kw_only=True)
class TermGroup:
    """A named list of preferred terms; *dictionary* says from where, with its version.

    *notes* say what of the query the group does not express.
    """

    name: str
    title: str
    dictionary: str
    terms: tuple[str, ...]
    notes: tuple[str, ...] = ()


def group_toml(group: TermGroup) -> str:
    """Return the table of [groups] for a plan, with the notes as comments before it.

    >>> group = TermGroup(name="clots", title="Clots", dictionary="A list 1", terms=("DVT",))
    >>> print(group_toml(group), end="")
    # A list 1: 1 preferred term
    [groups.clots]
    title = "Clots"
    dictionary = "A list 1"
    preferred_terms = [
        "DVT",
    ]
    """
    return "".join(f"{line}\n" for line in _lines(group))


def _lines(group: TermGroup) -> Iterator[str]:
    count = len(group.terms)
    yield f"# {_one_line(group.dictionary)}: {count} preferred term{'' if count == 1 else 's'}"
    for note in group.notes:
        yield f"# {_one_line(note)}"
    is_bare = re.fullmatch("[A-Za-z0-9_-]+", group.name) is not None
    yield f"[groups.{group.name if is_bare else quoted(group.name)}]"
    yield f"title = {quoted(group.title)}"
    yield f"dictionary = {quoted(group.dictionary)}"
    yield "preferred_terms = ["
    for term in group.terms:
        yield f"    {quoted(term)},"
    yield "]"


def quoted(text: str) -> str:
    """Return *text* as a basic string of TOML: its escapes are those of JSON, and of DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_line(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
