"""An estimate with its limits on one axis, for a cell of a table: a row of a forest plot."""

from __future__ import annotations

from board.charts.scale import LinearScale
from board.charts.svg import chart, line, mark

WIDTH, HEIGHT, MARGIN = 130, 20, 6


def interval_cell(
    value: float | None,
    low: float | None,
    high: float | None,
    axis: tuple[float, float],
    label: str,
) -> str:
    """Return *value* as a square with a line from *low* to *high*, and a dotted line at 0.

    *axis* is the range shown; a limit beyond it, or None, is drawn to the end of the axis.  An
    interval without 0 is marked by its class, and by the table's numbers.
    """
    scale, middle = LinearScale(*axis, MARGIN, WIDTH - MARGIN), HEIGHT / 2
    zero = scale.clamped(0)
    parts = [line(zero, 1, zero, HEIGHT - 1, class_="reference")]
    first, last = (axis[0] if low is None else low), (axis[1] if high is None else high)
    excludes_0 = first > 0 or last < 0
    if value is not None:
        parts.append(
            line(
                scale.clamped(first),
                middle,
                scale.clamped(last),
                middle,
                class_="interval signal" if excludes_0 else "interval",
                data_low=low,
                data_high=high,
            )
        )
        place = scale.clamped(value)
        parts.append(mark("square", place, middle, 7, class_="mark", data_value=value))
    text = "no estimate" if value is None else f"{value:+.1f} ({first:.1f} to {last:.1f})"
    return chart(
        *parts,
        title=f"{label}: {text}",
        description=f"Axis from {axis[0]:.0f} to {axis[1]:.0f} points, dotted line at 0.",
        width=WIDTH,
        height=HEIGHT,
        class_="chart cell",
    )
