"""Where in a plan's text something is written, so that a complaint can name its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any, cast

from monitor.errors import MonitorError

Path = tuple[str | int, ...]
"""The keys that lead to a value; a number counts the tables of one ``[[name]]`` from 0."""

TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}'  # Text over several lines.
    r'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[{\]}\n]',
    re.DOTALL,
)
SAYS_MAX = 300
"""A complaint quotes the plan, and what it quotes may be as long as the plan."""
DEPTH_MAX = 16
"""No plan has tables in tables in tables so deep; a complaint about one names its head."""
DEPTH = {"[": 1, "{": 1, "]": -1, "}": -1}


class PlanError(MonitorError):
    """The plan contradicts itself.  Mend the line it names; until then there is no plan."""

    def __init__(self, line: int, says: str, remedy: str) -> None:
        says = "".join(c if c.isprintable() else "?" for c in says[:SAYS_MAX])
        super().__init__(f"line {line}: {says}. {remedy}")
        self.line = line
        self.says = says
        self.remedy = remedy


def line_of(toml: str, path: Path) -> int:
    """The line, counted from 1, on which *path* is written; its table's head if it is not.

    *toml* must be valid: only then does a bracket or a quotation mark mean what it seems to.
    """
    best, depth = 1, 0
    table: Path = ()
    counts: dict[Path, int] = {}
    for line, text in statements(toml):
        said = tomllib.loads(text)
        if text.lstrip().startswith("["):
            table = _head(said, counts)
            found = _in_common(table, path)
            found = found if found in (len(table), len(path)) else 0
        elif _in_common(table, path) == len(table):
            found = len(table) + _reach(said, path[len(table) :])
        else:
            found = 0
        if found > depth:
            best, depth = line, found
    return best


def statements(toml: str) -> Iterator[tuple[int, str]]:
    """Each ``key = value`` and each head of a table, with the line on which it starts."""
    start, line, first, depth = 0, 1, 1, 0
    for token in TOKEN.finditer(toml + "\n"):
        text = token.group()
        depth += DEPTH.get(text, 0)
        line += text.count("\n")
        if text == "\n" and depth == 0:
            statement = toml[start : token.start()]
            if statement.strip() and not statement.lstrip().startswith("#"):
                yield first, statement
            start, first = token.end(), line


def _head(said: dict[str, Any], counts: dict[Path, int]) -> Path:
    """The path that a table's head opens, each ``[[name]]`` on the way with its number."""
    path: list[str | int] = []
    while said and len(path) < DEPTH_MAX:
        ((key, inner),) = said.items()
        path.append(key)
        here = tuple(path)
        if isinstance(inner, list):  # A head of its own: [[name]].
            counts[here] = counts.get(here, -1) + 1
            inner = cast(list[dict[str, Any]], inner)[0]
        if here in counts:
            path.append(counts[here])
        said = cast(dict[str, Any], inner)
    return tuple(path)


def _reach(said: Any, path: Path) -> int:
    """How many steps of *path* lead on inside the value *said*."""
    steps = 0
    for step in path:
        if isinstance(said, dict) and step in said:
            said = cast(dict[str | int, Any], said)[step]
        elif isinstance(said, list) and isinstance(step, int):
            said = cast(list[Any], said)[step]
        else:
            break
        steps += 1
    return steps


def _in_common(one: Path, other: Path) -> int:
    """How many steps both paths begin with."""
    equal = [a == b for a, b in zip(one, other, strict=False)]
    return equal.index(False) if False in equal else len(equal)
