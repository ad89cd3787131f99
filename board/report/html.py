"""Writes a report as one HTML file: style and charts stand in it, nothing is loaded."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any, cast

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from board.report.cells import cell_text, indent_of, shown_columns
from board.report.document import Report, ReportHead
from board.views.table import ColumnKind
from board.views.wording import FILTERS

NUMERIC = tuple(kind.value for kind in (ColumnKind.COUNT, ColumnKind.NUMBER, ColumnKind.PERCENT))
ARM_COLOURS = ("#5f6b7a", "#0b5ca8", "#9a4a00", "#1b683d", "#7a1f6b")
"""The colours of the arms on a white page, as the board has them."""


def report_html(report: Report) -> str:
    """Return *report* as HTML; every text of it is escaped."""
    return _environment().get_template("report.html").render(
        head=report.head,
        sections=report.sections,
        style=Markup(f"{_text('report.css')}{chart_style()}{page_style(report.head)}"),
        numeric=NUMERIC,
    )  # fmt: skip


def page_style(head: ReportHead) -> str:
    """Return the style of the printed page, with what stands at the foot of each."""
    line = f"{head.study} · {head.zone} · as of {head.as_of}"
    sums = f"plan {head.plan_sha256} · digest {head.digest}"
    font = "font: 6.5px/1.5 'DejaVu Sans', sans-serif; color: #333;"
    left = f"content: {css_text(line)} '\\A ' {css_text(sums)}; white-space: pre; width: 85%;"
    right = "content: 'page ' counter(page) ' of ' counter(pages); width: 15%; text-align: right;"
    return (
        "@page { size: A4 landscape; margin: 12mm 12mm 17mm;\n"
        f"  @bottom-left {{ {left} text-align: left; {font} }}\n"
        f"  @bottom-right {{ {right} {font} }}\n}}\n"
    )


def css_text(text: str) -> str:
    r"""Return *text* as a string of CSS; no character of it can end the string or the style.

    >>> css_text("a</style>'b")
    "'a\\3c \\2f style\\3e \\27 b'"
    """
    safe = (each if each.isalnum() or each in " .,:-_" else f"\\{ord(each):x} " for each in text)
    return f"'{''.join(safe)}'"


@cache
def chart_style() -> str:
    """Return the marks of charts as the board draws them on a white page, without variables."""
    tokens = files("board.web") / "static" / "board.css"
    marks = files("board.web") / "static" / "charts.css"
    light = tokens.read_text("utf-8").partition("@media")[0]
    values = dict(re.findall(r"--([a-z0-9-]+):\s*([^;]+);", light))
    rules = [
        re.sub(r"var\(--([a-z0-9-]+)\)", lambda match: values[match[1]], line)
        for line in marks.read_text("utf-8").partition("/* The ladder")[0].splitlines()
        if line.startswith((".chart", ".spark"))
        and "--arm" not in line
        and "var(--font)" not in line
    ]
    fill = "mark", "bar", "band", "text"
    for number, colour in enumerate(ARM_COLOURS):
        rules += [_arm_rule(kind, number, "fill", colour) for kind in fill]
        rules += [_arm_rule(kind, number, "stroke", colour) for kind in ("line", "interval")]
    rules.append(".chart text.name { font-size: 11px; }")
    rules.append(
        ".chart text { font-family: 'DejaVu Sans', sans-serif; font-size: 12px; fill: #4d5866; }"
    )
    return "\n".join(sorted(rules, key=lambda rule: not rule.startswith(".chart text {"))) + "\n"


def _arm_rule(kind: str, number: int, name: str, colour: str) -> str:
    selector = f"text.arm-{number}" if kind == "text" else f".{kind}.arm-{number}"
    return f".chart {selector} {{ {name}: {colour}; }}"


def _text(name: str) -> str:
    return (files("board.report") / "templates" / name).read_text("utf-8")


@cache
def _environment() -> Environment:
    loaded = Environment(
        loader=PackageLoader("board.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = cast("dict[str, Any]", loaded.filters)  # pyright: ignore[reportUnknownMemberType]
    filters.update(FILTERS, markup=Markup)
    filters.update(cell_text=cell_text, indent_of=indent_of, shown_columns=shown_columns)
    return loaded
