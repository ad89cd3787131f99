"""Where in a plan's text something is written, so that a complaint can name its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any, cast

from monitor.errors import MonitorError

KeyPath = tuple[str | int, ...]
"""The keys that lead to a value; a number counts the tables of one ``[[name]]`` from 0."""

TOKEN_PATTERN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}'  # Text over several lines.
    r'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[{\]}\n]',
    re.DOTALL,
)
PROBLEM_CHARS_MAX = 300
"""A complaint quotes the plan, and what it quotes may be as long as the plan."""
TABLE_DEPTH_MAX = 16
"""No plan has tables in tables in tables so deep; a complaint about one names its head."""
BRACKET_DEPTH = {"[": 1, "{": 1, "]": -1, "}": -1}


class PlanError(MonitorError):
    """The plan contradicts itself.  Mend the line it names; until then there is no plan."""

    def __init__(self, line: int, problem: str, remedy: str) -> None:
        problem = "".join(c if c.isprintable() else "?" for c in problem[:PROBLEM_CHARS_MAX])
        super().__init__(f"line {line}: {problem}. {remedy}")
        self.line = line
        self.problem = problem
        self.remedy = remedy


def line_of(toml: str, path: KeyPath) -> int:
    """The line, counted from 1, on which *path* is written; its table's head if it is not.

    *toml* must be valid: only then does a bracket or a quotation mark mean what it seems to.
    """
    best_line, best_depth = 1, 0
    table: KeyPath = ()
    counts: dict[KeyPath, int] = {}
    for line, text in split_statements(toml):
        parsed = tomllib.loads(text)
        if text.lstrip().startswith("["):
            table = _table_path(parsed, counts)
            depth = _common_prefix_length(table, path)
            depth = depth if depth in (len(table), len(path)) else 0
        elif _common_prefix_length(table, path) == len(table):
            depth = len(table) + _depth_within(parsed, path[len(table) :])
        else:
            depth = 0
        if depth > best_depth:
            best_line, best_depth = line, depth
    return best_line


def split_statements(toml: str) -> Iterator[tuple[int, str]]:
    """Each ``key = value`` and each head of a table, with the line on which it starts."""
    start, line, first_line, depth = 0, 1, 1, 0
    for token in TOKEN_PATTERN.finditer(toml + "\n"):
        text = token.group()
        depth += BRACKET_DEPTH.get(text, 0)
        line += text.count("\n")
        if text == "\n" and depth == 0:
            statement = toml[start : token.start()]
            if statement.strip() and not statement.lstrip().startswith("#"):
                yield first_line, statement
            start, first_line = token.end(), line


def _table_path(parsed: dict[str, Any], counts: dict[KeyPath, int]) -> KeyPath:
    """The path that a table's head opens, each ``[[name]]`` on the way with its number."""
    path: list[str | int] = []
    while parsed and len(path) < TABLE_DEPTH_MAX:
        ((key, value),) = parsed.items()
        path.append(key)
        current = tuple(path)
        if isinstance(value, list):  # A head of its own: [[name]].
            counts[current] = counts.get(current, -1) + 1
            value = cast(list[dict[str, Any]], value)[0]
        if current in counts:
            path.append(counts[current])
        parsed = cast(dict[str, Any], value)
    return tuple(path)


def _depth_within(value: Any, path: KeyPath) -> int:
    """How many steps of *path* lead on inside the value *said*."""
    steps = 0
    for step in path:
        if isinstance(value, dict) and step in value:
            value = cast(dict[str | int, Any], value)[step]
        elif isinstance(value, list) and isinstance(step, int):
            value = cast(list[Any], value)[step]
        else:
            break
        steps += 1
    return steps


def _common_prefix_length(left: KeyPath, right: KeyPath) -> int:
    """How many steps both paths begin with."""
    equal = [a == b for a, b in zip(left, right, strict=False)]
    return equal.index(False) if False in equal else len(equal)
