"""The evidence of one term on a log axis, with its boundary, for a cell of a table."""

from __future__ import annotations

from board.charts.scale import LogScale
from board.charts.svg import LEVEL_SHAPES, chart, line, mark

WIDTH, HEIGHT, MARGIN = 100, 20, 7
LOWEST = 0.1


def evidence_cell(
    e_value: float | None, boundary: float | None, highest: float, level: str, label: str
) -> str:
    """Return *e_value* as a bar from 1 with a mark at its end, and *boundary* as a stroke.

    The axis goes from 0.1 to *highest*.  The shape of the mark tells the *level*.
    """
    scale = LogScale(LOWEST, max(highest, 10), MARGIN, WIDTH - MARGIN)
    middle, one = HEIGHT / 2, scale.position(1)
    parts = [
        line(MARGIN, middle, WIDTH - MARGIN, middle, class_="axis"),
        line(one, 2, one, HEIGHT - 2, class_="reference"),
    ]
    if boundary is not None:
        place = scale.position(boundary)
        parts.append(line(place, 2, place, HEIGHT - 2, class_="boundary", data_boundary=boundary))
    if e_value is not None:
        place = scale.position(e_value)
        parts.append(line(one, middle, place, middle, class_=f"stem {level}"))
        shape = LEVEL_SHAPES.get(level, "circle")
        parts.append(mark(shape, place, middle, 7, class_=f"mark {level}", data_e=e_value))
    shown = "not evaluated" if e_value is None else f"E = {e_value:.3g}"
    limit = "" if boundary is None else f", boundary {boundary:,.4g}"
    return chart(
        *parts,
        title=f"{label}: {shown}{limit}",
        description="Evidence for harm on a log axis; 1 is none.",
        width=WIDTH,
        height=HEIGHT,
        class_="chart cell",
    )
