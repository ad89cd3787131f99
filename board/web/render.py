"""Renders view models to HTML with Jinja2, which escapes every value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.resources import files
from inspect import getmembers, isfunction
from pkgutil import iter_modules
from typing import Any, cast

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import board.charts
from board.views.catalogue import VIEWS, ViewEntry
from board.views.wording import FILTERS
from board.web.shell import Shell

STATIC_ADDRESS = "/static"
"""The address of the folder ``board/web/static``."""


def render_page(entry: ViewEntry, view: Any, shell: Shell) -> str:
    """Return the page of *view* in its *shell*."""
    return environment().get_template(entry.template).render(view=view, shell=shell)


@cache
def environment() -> Environment:
    """Return the environment of all templates; an unknown name raises.

    ``charts`` has every public function of the modules of ``board.charts``, marked as safe markup:
    they escape their texts themselves.
    """
    loaded = Environment(
        loader=PackageLoader("board.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = cast("dict[str, Any]", loaded.filters)  # pyright: ignore[reportUnknownMemberType]
    filters.update(FILTERS, pairs=pairs)
    names = cast("dict[str, Any]", loaded.globals)  # pyright: ignore[reportUnknownMemberType]
    names.update(charts=chart_functions(), static=static_address)
    return loaded


def load_templates() -> None:
    """Compile the templates of all pages, for which the first reader would wait."""
    for entry in VIEWS.values():
        if entry.page:
            environment().get_template(entry.template)
    for name in ("base.html", "macros.html"):
        environment().get_template(name)


def pairs(items: Sequence[Any], *names: str) -> list[tuple[Any, ...]]:
    """Return the attributes *names* of each item, as the charts take them."""
    return [tuple(getattr(item, name) for name in names) for item in items]


@cache
def static_address(name: str) -> str:
    """Return the address of a static file, with a part of its hash: a new file is fetched anew."""
    file = files("board.web") / "static" / name
    mark = sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else "none"
    return f"{STATIC_ADDRESS}/{name}?v={mark}"


def chart_functions() -> dict[str, Callable[..., Any]]:
    """Return the chart functions by name; the text that one returns is markup."""
    found: dict[str, Callable[..., Any]] = {}
    for info in iter_modules(board.charts.__path__):
        module = import_module(f"board.charts.{info.name}")
        for name, function in getmembers(module, isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                found[name] = _as_markup(function)
    return found


def _as_markup(function: Callable[..., Any]) -> Callable[..., Any]:
    def draw(*arguments: Any, **named: Any) -> Any:
        drawn = function(*arguments, **named)
        return Markup(drawn) if isinstance(drawn, str) else drawn

    return draw
