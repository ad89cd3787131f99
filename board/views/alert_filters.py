"""Filters of the list of alerts, as links whose arguments stand in the address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from board.views.wording import humanize

NOBODY = "nobody"
"""The owner of alerts that no member has taken."""

FOR_INFORMATION = "for_information"
"""The state and owner of alerts that need no move."""

FILTER_LABELS = {
    "state": "State",
    "owner": "Owner",
    "level": "Level",
    "kind": "Kind",
    "term": "Term",
}

VALUES_MAX = 12
"""Values of a filter that have a link: the most frequent, and the one that is selected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterLink:
    """A value of a filter: *query* selects it, or clears it where it is *current*."""

    label: str
    query: str
    count: int
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A filter and its values among all alerts."""

    name: str
    label: str
    links: tuple[FilterLink, ...]


class Filterable(Protocol):
    """What an alert is filtered by."""

    @property
    def filter_values(self) -> Mapping[str, str]:
        """The value of each filter by its name."""
        ...


def filters_of(rows: Sequence[Filterable], arguments: Mapping[str, str]) -> tuple[Filter, ...]:
    """Return each filter that has several values among *rows*, or is set in *arguments*."""
    counts = {name: Counter(row.filter_values[name] for row in rows) for name in FILTER_LABELS}
    return tuple(
        Filter(name=name, label=label, links=tuple(_links(name, counts[name], arguments)))
        for name, label in FILTER_LABELS.items()
        if len(counts[name]) > 1 or name in arguments
    )


def is_selected(row: Filterable, arguments: Mapping[str, str]) -> bool:
    """Whether *row* has the value of every filter in *arguments*."""
    return all(row.filter_values[name] == value for name, value in arguments.items())


def _links(name: str, counts: Counter[str], arguments: Mapping[str, str]) -> Iterable[FilterLink]:
    often = [value for value, _ in counts.most_common(VALUES_MAX)]
    selected = [arguments[name]] if name in arguments else []
    for value in sorted(set(often + selected)):
        current = arguments.get(name) == value
        others = {key: chosen for key, chosen in arguments.items() if key != name}
        chosen = others if current else others | {name: value}
        yield FilterLink(
            label=humanize(value), query=urlencode(chosen), count=counts[value], current=current
        )
