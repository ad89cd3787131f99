"""A sparkline: the evidence of one watch over time, as known, against its boundary."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from board.charts import svg
from board.charts.scale import LinearScale, step_path

WIDTH, HEIGHT = 240.0, 76.0
LEFT, RIGHT, TOP, BOTTOM = 3.0, 233.0, 4.0, 60.0


def sparkline(
    points: Sequence[tuple[int, float]],
    *,
    title: str,
    first_day: int,
    last_day: int,
    boundary: float | None,
    level: str,
    marks: Sequence[tuple[int, str]] = (),
    labels: tuple[str, str] = ("", ""),
) -> str:
    """Draw log E by day as a step line, the zone above *boundary*, and the days of *marks*.

    *points* are (day, natural log E), each until the next.  *labels* stand below the ends.
    """
    across, up = _scales([value for _, value in points], first_day, last_day, boundary)
    places = [(across.position(day), up.position(value)) for day, value in points]
    now = points[-1][1] if points else 0.0
    shape = svg.LEVEL_SHAPES.get(level, "circle")
    limit_text = f"; it signals at {boundary:.4g}." if boundary else "."
    return svg.chart(
        *(_zone(up.position(log(boundary)), boundary) if boundary else ()),
        svg.line(LEFT, up.position(0), RIGHT, up.position(0), class_="reference", data_value=1.0),
        svg.path(step_path(places, RIGHT), class_="line"),
        *(_raised(across.position(day), day, name) for day, name in marks if day >= first_day),
        svg.mark(shape, RIGHT, up.position(now), 9, class_=f"mark {level}", data_log_e=now),
        svg.text(LEFT, HEIGHT - 3, labels[0]),
        svg.text(RIGHT, HEIGHT - 3, labels[1], text_anchor="end"),
        title=title,
        description=f"Evidence over {len(points)} changes, on a logarithmic axis{limit_text}",
        width=WIDTH,
        height=HEIGHT,
        class_="spark",
    )


def _scales(
    values: Sequence[float], first_day: int, last_day: int, boundary: float | None
) -> tuple[LinearScale, LinearScale]:
    limit = log(boundary) + 0.7 if boundary else 0.0
    top, bottom = max(log(10.0), limit, *values), min(log(0.3), 0.0, *values)
    across = LinearScale(first_day, max(last_day, first_day + 1), LEFT, RIGHT)
    return across, LinearScale(bottom, top, BOTTOM, TOP)


def _raised(x: float, day: int, level: str) -> str:
    return svg.line(x, BOTTOM - 4, x, BOTTOM + 3, class_=f"boundary {level}", data_day=day)


def _zone(y: float, boundary: float | None) -> tuple[str, str]:
    return (
        svg.rectangle(LEFT, TOP - 4, RIGHT - LEFT, y - TOP + 4, class_="zone signal"),
        svg.line(LEFT, y, RIGHT, y, class_="boundary signal", data_boundary=boundary),
    )
