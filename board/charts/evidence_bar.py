"""The evidence of one watch on a short log axis, with its own boundary: a cell of a table."""

from __future__ import annotations

from board.charts.scale import LogScale
from board.charts.svg import chart, line, mark


def evidence_bar(
    e_value: float,
    *,
    title: str,
    low: float = 0.1,
    high: float = 10_000.0,
    boundary: float | None = None,
    level: str = "quiet",
) -> str:
    """Return the bar of *e_value* from 1; values beyond *low* or *high* are held at the ends."""
    scale = LogScale(low, high, 6, 154)
    one, now = scale.position(1.0), scale.position(e_value)
    parts = [
        line(6, 12, 154, 12, class_="grid"),
        line(one, 4, one, 20, class_="reference"),
        line(min(one, now), 12, max(one, now), 12, class_=f"stem {level}"),
        mark(
            {"signal": "triangle", "watch": "square"}.get(level, "circle"), now, 12, 9,
            class_=f"mark {level}", data_value=e_value, data_at=now,
        ),
    ]  # fmt: skip
    if boundary is not None:
        x = scale.position(boundary)
        parts.append(line(x, 2, x, 22, class_="boundary", data_value=boundary, data_at=x))
    described = f"E is {e_value:.4g}"
    described += "" if boundary is None else f"; its boundary is {boundary:.4g}"
    return chart(*parts, title=title, description=described, width=160, height=24)
