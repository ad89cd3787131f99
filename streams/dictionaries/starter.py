"""The starter lists that come with Tocsin: names of preferred terms from public documents."""

from __future__ import annotations

import csv
from enum import StrEnum
from importlib.resources import files
from io import StringIO

from streams.dictionaries.term_group import TermGroup


class StarterList(StrEnum):
    """The lists by name."""

    THROMBOEMBOLIC = "thromboembolic"


class StarterScope(StrEnum):
    """How wide a starter list is taken: its core, or its core and what may belong to it."""

    CORE = "core"
    EXTENDED = "extended"


VERSIONS = {StarterList.THROMBOEMBOLIC: "1"}
"""Version of each list; a change of its terms raises it."""

IS_NO_SMQ = (
    "Names from public documents (streams/dictionaries/data/SOURCES.md); not the MedDRA SMQ."
)


def starter_group(which: StarterList, scope: StarterScope, name: str | None = None) -> TermGroup:
    """Return the group of the starter list *which*, as wide as *scope*."""
    scopes = [scope] if scope is StarterScope.CORE else list(StarterScope)
    text = files("streams.dictionaries").joinpath("data", f"{which}.csv").read_text("utf-8")
    rows = csv.DictReader(StringIO(text, newline=""))
    return TermGroup(
        name=name or which.value,
        title=f"{which.capitalize()} events, starter list, {scope}",
        dictionary=f"Tocsin starter list {which} {VERSIONS[which]} {scope}",
        terms=tuple(sorted(row["preferred_term"] for row in rows if row["scope"] in scopes)),
        notes=(IS_NO_SMQ,),
    )
