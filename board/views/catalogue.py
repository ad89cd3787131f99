"""The views of a study: name, module, heading, template and arguments of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from board.views.facts import StudyFacts

Arguments = Mapping[str, str]
"""Arguments of a view by name, as they stand in the address."""


class ViewNotFoundError(Exception):
    """The view's argument names no alert, term or subject of the study."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewEntry:
    """A view: its module has ``build(facts, arguments)``, which returns a dataclass.

    A view that is no *page* is for the API only: JSON and CSV.

    *arguments* are the names that the address may carry.  A view that is in the *menu* needs none.
    Every view dataclass has `tables`, a tuple of ``Table``.
    """

    name: str
    module: str
    label: str
    arguments: tuple[str, ...] = ()
    menu: bool = True
    page: bool = True

    @property
    def template(self) -> str:
        """The file of the page's template."""
        return f"{self.module}.html"

    def build(self, facts: StudyFacts, arguments: Arguments) -> Any:
        """Return the view model.  Raises ViewNotFoundError where an argument names nothing."""
        known = {name: arguments[name] for name in self.arguments if arguments.get(name)}
        return import_module(f"board.views.{self.module}").build(facts, known)


_RATE_ARGUMENTS = (
    "kind",
    "period",
    "count",
    "analysis",
    "sort",
    "search",
    "treatment",
    "all",
    "form",
)

VIEWS = {
    entry.name: entry
    for entry in (
        ViewEntry(name="overview", module="overview", label="Overview"),
        ViewEntry(
            name="alerts",
            module="alert_list",
            label="Alerts",
            arguments=("state", "owner", "level", "kind", "term"),
        ),
        ViewEntry(name="alert", module="alert", label="Alert", arguments=("id",), menu=False),
        ViewEntry(name="rates", module="rates", label="Rates", arguments=_RATE_ARGUMENTS),
        ViewEntry(
            name="over-time", module="over_time", label="Over time", arguments=("term", "kind")
        ),
        ViewEntry(name="subjects", module="subjects", label="Subjects", arguments=("search",)),
        ViewEntry(name="subject", module="subject", label="Subject", arguments=("id",), menu=False),
        ViewEntry(
            name="since",
            module="since_review",
            label="Since last review",
            arguments=("review",),
        ),
        ViewEntry(name="trust", module="data_trust", label="Data trust"),
        ViewEntry(name="watches", module="watches", label="Watches", menu=False, page=False),
        ViewEntry(
            name="trajectory",
            module="watch_trajectory",
            label="Trajectory",
            arguments=("id", "time"),
            menu=False,
            page=False,
        ),
    )
}
"""All views by name, in the order of the menu."""
