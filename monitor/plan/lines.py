"""Finds the line of a value in TOML text, so that error messages can name it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any, cast

from monitor.errors import MonitorError

KeyPath = tuple[str | int, ...]
"""The keys that lead to a value; a number is the index of a ``[[name]]`` table, from 0."""

TOKEN_PATTERN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}'  # Multi-line strings.
    r'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[{\]}\n]',
    re.DOTALL,
)
PROBLEM_CHARS_MAX = 300
"""Limits the length of error messages: they quote the plan, which may contain long strings."""

TABLE_DEPTH_MAX = 16
"""Table headers are followed to this depth only, which is more than a plan needs."""

BRACKET_DEPTH = {"[": 1, "{": 1, "]": -1, "}": -1}


class PlanError(MonitorError):
    """The plan is inconsistent.  *line* and *problem* locate the fault, *remedy* corrects it.

    *problem* is cut to PROBLEM_CHARS_MAX characters; unprintable ones become question marks.
    """

    def __init__(self, line: int, problem: str, remedy: str) -> None:
        problem = "".join(c if c.isprintable() else "?" for c in problem[:PROBLEM_CHARS_MAX])
        super().__init__(f"line {line}: {problem}. {remedy}")
        self.line = line
        self.problem = problem
        self.remedy = remedy


def line_of(toml: str, path: KeyPath) -> int:
    """Return the line, counted from 1, of the value at *path*.

    Where the value is missing, the line is that of the deepest enclosing table header or key,
    or 1 where none is found.  *toml* must be valid TOML, because brackets and quotation marks
    are matched by a regular expression.
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
    """Yield each ``key = value`` and each table header with its first line, counted from 1."""
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
    """Return the path of a table header, with the index of each ``[[name]]`` on it.

    *counts* holds the last index of each array of tables so far, and is updated.
    """
    path: list[str | int] = []
    while parsed and len(path) < TABLE_DEPTH_MAX:
        ((key, value),) = parsed.items()
        path.append(key)
        current = tuple(path)
        if isinstance(value, list):  # A new table of the array: [[name]].
            counts[current] = counts.get(current, -1) + 1
            value = cast(list[dict[str, Any]], value)[0]
        if current in counts:
            path.append(counts[current])
        parsed = cast(dict[str, Any], value)
    return tuple(path)


def _depth_within(value: Any, path: KeyPath) -> int:
    """Return how many leading steps of *path* exist within *value*."""
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
    """Return the number of leading steps that both paths share."""
    equal = [a == b for a, b in zip(left, right, strict=False)]
    return equal.index(False) if False in equal else len(equal)
