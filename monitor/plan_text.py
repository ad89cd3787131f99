"""Reading a plan's TOML so that every complaint names its line and what to do about it."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from monitor.errors import MonitorError

Value = TypeVar("Value")
Choice = TypeVar("Choice", bound=StrEnum)
HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?")
IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
Path = tuple[str | int, ...]


class PlanError(MonitorError):
    """The plan contradicts itself.  Mend the line it names; until then there is no plan."""

    def __init__(self, line: int, says: str, remedy: str) -> None:
        super().__init__(f"line {line}: {says}. {remedy}")
        self.line = line
        self.says = says
        self.remedy = remedy


def parse(toml: str) -> Section:
    """The plan's text as sections that know their lines."""
    try:
        values = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found.group(1)) if found else toml.count("\n") + 1
        raise PlanError(line, f"not TOML ({error})", "Mend the syntax.") from None
    return Section(values, (), toml.splitlines())


@dataclass(slots=True)
class Section:
    """One table of the plan.  Keys are taken out one by one; what is left over is a mistake."""

    values: dict[str, Any]
    path: Path
    lines: list[str]
    taken: set[str] = field(default_factory=set[str])

    def error(self, key: str | None, says: str, remedy: str) -> PlanError:
        """A complaint at the line of *key*, or of the table's head."""
        path = self.path if key is None else (*self.path, key)
        name = ".".join(str(part) for part in path)
        return PlanError(line_of(self.lines, path), f"{name or 'plan'}: {says}", remedy)

    def get(self, key: str, kind: type[Value], default: Value) -> Value:
        """The value of *key*, or *default* where the plan is silent."""
        return self.need(key, kind, "") if key in self.values else self._silent(key, default)

    def need(self, key: str, kind: type[Value], remedy: str) -> Value:
        """The value of *key*, which the plan must give."""
        self.taken.add(key)
        if key not in self.values:
            raise self.error(None, f"has no `{key}`", remedy)
        value = self.values[key]
        if isinstance(value, int) and kind is float and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool):
            wanted = TOML_NAMES[kind]
            raise self.error(key, f"is not {wanted}", f"Write {wanted}.")
        return value

    def _silent(self, key: str, default: Value) -> Value:
        self.taken.add(key)
        return default

    def flag(self, key: str) -> bool | None:
        """True, false, or None where the plan is silent."""
        return self.need(key, bool, "") if key in self.values else self._silent(key, None)

    def word(self, key: str) -> str | None:
        """A string, or None where the plan is silent."""
        return self.need(key, str, "") if key in self.values else self._silent(key, None)

    def items(self, key: str) -> list[Any]:
        """A list, empty where the plan is silent."""
        return self.get(key, list, [])

    def number(self, key: str, default: float | None, accept: Callable[[float], bool]) -> float:
        """A number that *accept* holds good."""
        given = key in self.values or default is None
        value = self.need(key, float, f"Give `{key}` a number.") if given else default
        self.taken.add(key)
        assert value is not None
        if not accept(value):
            raise self.error(key, f"{value:g} is out of range", "See the plan reference for it.")
        return value

    def identifier(self, key: str, remedy: str) -> str:
        """A name of 1 to 64 letters, digits and ``_.:-``."""
        value = self.need(key, str, remedy)
        if not IDENTIFIER.fullmatch(value):
            raise self.error(key, "is not a name", "Use 1 to 64 of letters, digits and _ . : -")
        return value

    def choice(self, key: str, kind: type[Choice], default: Choice) -> Choice:
        """One of the words of *kind*."""
        word = self.get(key, str, default.value)
        if word not in set(kind):
            words = ", ".join(kind)
            raise self.error(key, f"`{word}` is not known", f"Use one of: {words}.")
        return kind(word)

    def words(self, key: str) -> tuple[str, ...] | None:
        """A list of words without repeats, or None where the plan is silent."""
        items = self.items(key)
        if key not in self.values:
            return None
        if not items or not all(isinstance(item, str) for item in items):
            raise self.error(key, "is not a list of words", 'Write it as ["A", "B"].')
        if len(set(items)) < len(items):
            raise self.error(key, "names something twice", "Name each once.")
        return tuple(items)

    def table(self, key: str) -> Section:
        """The table *key*, empty where the plan is silent."""
        return Section(self.get(key, dict, {}), (*self.path, key), self.lines)

    def tables(self, key: str) -> Iterator[Section]:
        """Each ``[[key]]`` in its order."""
        items = self.items(key)
        if not all(isinstance(item, dict) for item in items):
            raise self.error(key, "is not a list of tables", f"Write each as [[{key}]].")
        for index, item in enumerate(items):
            yield Section(item, (*self.path, key, index), self.lines)

    def close(self) -> None:
        """Refuse the keys that nobody asked for: a misspelt setting must not be silent."""
        for key in self.values:
            if key not in self.taken:
                known = ", ".join(sorted(self.taken))
                raise self.error(key, "is not known here", f"Known here: {known}.")


TOML_NAMES = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}


def line_of(lines: list[str], path: Path) -> int:
    """The line, counted from 1, on which *path* is written; its table's head if it is not."""
    best, depth = 1, 0
    table: Path = ()
    listed: Counter[str] = Counter()
    for number, line in enumerate(lines, start=1):
        header = HEADER.match(line)
        if header is None:
            here = (*table, *keys_of(line.partition("=")[0]))
        else:
            here = keys_of(header.group(2))
            if header.group(1) == "[[":
                here = (*here, listed[header.group(2)])
                listed[header.group(2)] += 1
            table = here
        if len(here) > depth and path[: len(here)] == here:
            best, depth = number, len(here)
    return best


def keys_of(dotted: str) -> Path:
    """The parts of a dotted key, without their quotes."""
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
