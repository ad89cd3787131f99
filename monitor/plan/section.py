"""Reads TOML tables with errors that name the line and the remedy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar, cast

from monitor.plan.lines import KeyPath, PlanError, line_of

__all__ = ["DAYS_MAX", "IDENTIFIER_PATTERN", "PlanError", "TomlSection", "parse_toml"]

Value = TypeVar("Value")
Choice = TypeVar("Choice", bound=StrEnum)
IDENTIFIER_PATTERN = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
DAYS_MAX = 36_525
"""A hundred years: longer than any trial, and far below the limits of day arithmetic."""


def parse_toml(toml: str) -> TomlSection:
    """Parse TOML text into its root section.

    Raises PlanError where *toml* is not TOML, or too long or deep for the parser.
    """
    try:
        values = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        line_match = re.search(r"line (\d+)", str(error))
        line = int(line_match.group(1)) if line_match else len(toml.rstrip("\n").split("\n"))
        raise PlanError(line, f"not TOML ({error})", "Correct the syntax.") from None
    except (ValueError, RecursionError):  # Thousands of digits, or of nested lists.
        lines = toml.split("\n")
        longest_line = max(range(len(lines)), key=lambda index: len(lines[index])) + 1
        problem = "a number is too long, or lists are nested too deep, to be parsed"
        raise PlanError(
            longest_line, problem, "Leave out the long number or the nested lists."
        ) from None
    return TomlSection(values, (), toml)


@dataclass(slots=True)
class TomlSection:
    """One TOML table, which knows its line and records the keys that are read.

    *path* leads from the root to the table.  ``refuse_unknown_keys`` refuses the keys that were
    not read.
    """

    values: dict[str, Any]
    path: KeyPath
    toml: str
    read_keys: set[str] = field(default_factory=set[str])

    def error(self, key: str | None, problem: str, remedy: str) -> PlanError:
        """Return a PlanError for the line of *key*, or of the table header where it is None."""
        path = self.path if key is None else (*self.path, key)
        parts = (f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path)
        name = "".join(parts).removeprefix(".")
        return PlanError(line_of(self.toml, path), f"{name or 'plan'}: {problem}", remedy)

    def get(self, key: str, value_type: type[Value], default: Value) -> Value:
        """Return the value of *key*, or *default* where it is not given."""
        value = self.optional(key, value_type)
        return default if value is None else value

    def optional(self, key: str, value_type: type[Value]) -> Value | None:
        """Return the value of *key*, or None where it is not given."""
        self.read_keys.add(key)
        return self.required(key, value_type, "") if key in self.values else None

    def required(self, key: str, value_type: type[Value], remedy: str) -> Value:
        """Return the value of *key*.

        Raises PlanError where *key* is missing (with *remedy*) or not of *value_type*.
        """
        self.read_keys.add(key)
        if key not in self.values:
            raise self.error(None, f"has no `{key}`", remedy)
        value = self.values[key]
        if not isinstance(value, value_type) or isinstance(value, bool) is not (value_type is bool):
            expected_type = TOML_TYPE_NAMES[value_type]
            raise self.error(key, f"is not {expected_type}", f"Write {expected_type}.")
        return value

    def items(self, key: str) -> list[Any]:
        """Return the list *key*, empty where it is not given."""
        return self.get(key, list, [])

    def number(self, key: str, default: float | None, low: float, high: float) -> float:
        """Return the number *key* from *low* to *high*; required where *default* is None."""
        self.read_keys.add(key)
        value: Any = self.values.get(key, default)
        remedy = f"Give `{key}` a number from {low:g} to {high:,.15g}."
        if value is None:
            raise self.error(None, f"has no `{key}`", remedy)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(key, "is not a number", remedy)
        if not low <= value <= high:  # Also refuses NaN.
            raise self.error(key, f"{str(value)[:20]} is out of range", remedy)
        return float(value)

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        """Return the whole number *key* from *low* to *high*."""
        value = self.number(key, default, low, high)
        if not value.is_integer():
            raise self.error(key, f"{value:g} is not whole", "Write a whole number.")
        return int(value)

    def day(self, key: str, default: int) -> int:
        """Return the date *key* as an ordinal day, or *default* where it is not given."""
        value = self.values.get(key)
        self.read_keys.add(key)
        if value is None:
            return default
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.error(key, "is not a date", "Write a date without quotes: 2026-12-31.")
        return value.toordinal()

    def identifier(self, key: str, remedy: str) -> str:
        """Return the required name *key*: 1 to 64 of ASCII letters, digits and ``_.:-``."""
        value = self.required(key, str, remedy)
        if not IDENTIFIER_PATTERN.fullmatch(value):
            raise self.error(key, "is not a name", "Use 1 to 64 of letters, digits and _ . : -")
        return value

    def choice(self, key: str, enum_type: type[Choice], default: Choice) -> Choice:
        """Return the value of *key* as a member of *enum_type*."""
        text = self.get(key, str, default.value)
        if text not in set(enum_type):
            allowed = ", ".join(enum_type)
            raise self.error(key, f"`{text}` is not known", f"Use one of: {allowed}.")
        return enum_type(text)

    def strings(self, key: str) -> tuple[str, ...] | None:
        """Return the distinct, non-empty strings of *key*, or None where it is not given."""
        items = self.items(key)
        if key not in self.values:
            return None
        if not items or not all(isinstance(item, str) and item for item in items):
            raise self.error(key, "is not a list of words", 'Write it as ["A", "B"].')
        if len(set(items)) < len(items):
            raise self.error(key, "names something twice", "Name each once.")
        return tuple(items)

    def table(self, key: str) -> TomlSection:
        """Return the table *key*, empty where it is not given."""
        values = cast(dict[str, Any], self.get(key, dict, {}))
        return TomlSection(values, (*self.path, key), self.toml)

    def tables(self, key: str) -> Iterator[TomlSection]:
        """Yield each ``[[key]]`` table in order."""
        items = self.items(key)
        if not all(isinstance(item, dict) for item in items):
            raise self.error(key, "is not a list of tables", f"Write each as [[{key}]].")
        for index, item in enumerate(items):
            yield TomlSection(item, (*self.path, key, index), self.toml)

    def refuse_unknown_keys(self) -> None:
        """Raise PlanError for a key that was not read, so that no misspelt key is ignored."""
        for key in self.values:
            if key not in self.read_keys:
                known_keys = ", ".join(sorted(self.read_keys))
                raise self.error(key, "is not known here", f"Known here: {known_keys}.")


TOML_TYPE_NAMES: dict[type[Any], str] = {
    str: "a string",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}
