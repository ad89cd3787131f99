"""The ladder: evidence on one logarithmic axis, each row with its own boundary."""

from __future__ import annotations

from collections.abc import Sequence

from board.charts import svg
from board.charts.scale import LogScale, log_bounds, log_ticks

WIDTH, HEIGHT, AXIS_HEIGHT = 460.0, 40.0, 24.0
LEFT, RIGHT = 16.0, 436.0


def ladder_scale(values: Sequence[float]) -> LogScale:
    """Return the axis that holds *values*, from at most 0.1 to at least 1,000."""
    bounds = log_bounds(values)
    return LogScale(bounds.low, bounds.high, LEFT, RIGHT)


def ladder_row(
    scale: LogScale, *, title: str, level: str, e_value: float, boundary: float, label: str
) -> str:
    """Draw one row: a stem from 1 to *e_value*, its mark by *level*, and its *boundary*.

    *label* is the boundary as text.
    """
    y = HEIGHT - 13
    one, x, end = scale.position(1), scale.position(e_value), scale.position(boundary)
    anchor = "middle" if LEFT + 20 < end < RIGHT - 20 else "end"
    return svg.chart(
        *(
            svg.line(scale.position(t), 0, scale.position(t), HEIGHT, class_="grid")
            for t in log_ticks(scale.low, scale.high)
        ),
        svg.line(one, 0, one, HEIGHT, class_="reference"),
        svg.line(one, y, x, y, class_=f"stem {level}"),
        svg.line(
            end, y - 11, end, y + 11, class_="boundary", data_boundary=boundary, data_low=scale.low
        ),
        svg.text(end, y - 15, label, class_="small", text_anchor=anchor),
        svg.mark(
            svg.LEVEL_SHAPES.get(level, "circle"),
            x,
            y,
            11,
            class_=f"mark {level}",
            data_value=e_value,
            data_x=x,
        ),
        title=title,
        description=f"Evidence {e_value:.4g} on a logarithmic axis; it signals at {boundary:.4g}.",
        width=WIDTH,
        height=HEIGHT,
    )


def ladder_axis(scale: LogScale) -> str:
    """Draw the axis below the rows."""
    ticks = log_ticks(scale.low, scale.high)
    return svg.chart(
        *(svg.line(scale.position(t), 0, scale.position(t), 4, class_="axis") for t in ticks),
        svg.line(LEFT, 0.5, RIGHT, 0.5, class_="axis"),
        *(
            svg.text(
                scale.position(t),
                17,
                f"{t:,.0f}" if 1 <= t < 1e6 else f"{t:g}",
                text_anchor="middle",
                data_tick=t,
            )
            for t in ticks
        ),
        title="Axis of the evidence E",
        description=f"Logarithmic, from {scale.low:g} to {scale.high:g}; 1 is no evidence.",
        width=WIDTH,
        height=AXIS_HEIGHT,
    )
