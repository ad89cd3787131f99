"""All terms by effect and evidence: ratio across, evidence up, patients as the size."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any, NamedTuple

from board.charts.scale import LogScale, log_ticks
from board.charts.spread import spread
from board.charts.svg import LEVEL_SHAPES, chart, group, line, mark, rectangle, text

WIDTH, HEIGHT = 620, 380
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 24, 52
RATIO_MIN, RATIO_MAX = 1 / 16, 16
RATIO_TICKS = ((1 / 16, "≤1/16"), (1 / 4, "1/4"), (1.0, "1"), (4.0, "4"), (16.0, "≥16"))
LABELS_MAX = 9


class TermMark(NamedTuple):
    """A term: its ratio (None where every event is on treatment), evidence, patients, level."""

    term: str
    ratio: float | None
    e_value: float
    patients: int
    level: str


def volcano(rows: Sequence[Sequence[Any]], boundary: float | None, x_label: str) -> str:
    """Return the chart of *rows*, the fields of ``TermMark`` each.

    A band begins at *boundary*, where one term alone would signal.
    A term without an event on control stands at the right end, as a triangle on its side.  The
    terms with the most evidence are named.
    """
    marks = [TermMark(*row) for row in rows]
    highest = max([1000.0, 2 * (boundary or 0.0), *[each.e_value for each in marks]])
    across = LogScale(RATIO_MIN, RATIO_MAX, LEFT, WIDTH - RIGHT)
    up = LogScale(0.1, highest, HEIGHT - BOTTOM, TOP)
    ordered = sorted(marks, key=lambda each: each.e_value)
    return chart(
        _band(up, boundary),
        _axes(across, up, highest, x_label),
        group(*(_mark(each, across, up) for each in ordered), class_="marks"),
        _labels(list(reversed(ordered))[:LABELS_MAX], across, up),
        title=f"Effect and evidence of {len(marks)} terms",
        description="Only height counts as evidence; to the right is a larger rate ratio.",
        width=WIDTH,
        height=HEIGHT,
    )


def _band(up: LogScale, boundary: float | None) -> str:
    if boundary is None:
        return ""
    y = up.position(boundary)
    return group(
        rectangle(LEFT, TOP, WIDTH - LEFT - RIGHT, y - TOP, class_="zone signal"),
        line(LEFT, y, WIDTH - RIGHT, y, class_="boundary signal", data_boundary=boundary),
        text(LEFT + 6, y - 6, f"one term alone would signal at {boundary:,.0f}", class_="signal"),
    )


def _axes(across: LogScale, up: LogScale, highest: float, x_label: str) -> str:
    parts = [
        text(LEFT, TOP - 10, "E, valid at any look", class_="small"),
        text(
            (LEFT + WIDTH - RIGHT) / 2,
            HEIGHT - 8,
            x_label,
            class_="small",
            text_anchor="middle",
        ),
    ]
    for value in log_ticks(0.1, highest):
        y = up.position(value)
        parts += [
            line(LEFT, y, WIDTH - RIGHT, y, class_="grid"),
            text(LEFT - 8, y + 4, f"{value:g}", class_="tick", text_anchor="end"),
        ]
    for value, label in RATIO_TICKS:
        x = across.position(value)
        kind = "reference" if value == 1 else "grid"
        parts += [
            line(x, TOP, x, HEIGHT - BOTTOM, class_=kind),
            text(x, HEIGHT - BOTTOM + 18, label, class_="tick", text_anchor="middle"),
        ]
    return group(*parts, class_="axes")


def _mark(each: TermMark, across: LogScale, up: LogScale) -> str:
    shape = LEVEL_SHAPES.get(each.level, "circle") if each.ratio is not None else "triangle"
    return mark(
        shape,
        across.position(RATIO_MAX if each.ratio is None else each.ratio),
        up.position(each.e_value),
        6 + 3 * sqrt(each.patients),
        class_=f"mark {each.level}",
        data_term=each.term,
        data_ratio=each.ratio,
        data_e=each.e_value,
    )


def _labels(named: Sequence[TermMark], across: LogScale, up: LogScale) -> str:
    """Return the names of *named*; those at the right end are moved apart."""
    at_end = [each for each in named if each.ratio is None]
    places = [up.position(each.e_value) for each in at_end]
    heights = spread(places, 14, TOP + 8, HEIGHT - BOTTOM - 4)
    positions = list(zip(at_end, heights, strict=True))
    positions += [(each, up.position(each.e_value)) for each in named if each.ratio is not None]
    parts: list[str] = []
    for each, y in positions:
        x = across.position(RATIO_MAX if each.ratio is None else each.ratio)
        offset = 9 + 1.5 * sqrt(each.patients)
        parts.append(text(x - offset, y + 4, each.term, class_="strong", text_anchor="end"))
    return group(*parts, class_="labels")
