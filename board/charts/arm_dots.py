"""Two percents on one axis: a mark of each arm, joined by a line, for a cell of a table."""

from __future__ import annotations

from board.charts.scale import LinearScale
from board.charts.svg import arm_shape, chart, line, mark

WIDTH, HEIGHT, MARGIN = 120, 20, 6


def arm_dots(treated: float | None, control: float | None, highest: float, label: str) -> str:
    """Return the marks of percents *treated* (a diamond) and *control* (a circle).

    The axis goes from 0 to *highest* percent.  *label* names the term.
    """
    scale, middle = LinearScale(0, max(highest, 1), MARGIN, WIDTH - MARGIN), HEIGHT / 2
    parts = [line(MARGIN, middle, WIDTH - MARGIN, middle, class_="axis")]
    if treated is not None and control is not None:
        low, high = sorted((scale.position(treated), scale.position(control)))
        parts.append(line(low, middle, high, middle, class_="interval"))
    for number, (percent, arm) in enumerate(((control, "control"), (treated, "treated"))):
        if percent is not None:
            parts.append(
                mark(
                    arm_shape(number),
                    scale.position(percent),
                    middle,
                    8,
                    class_=f"mark arm-{number}",
                    data_arm=arm,
                    data_percent=percent,
                )
            )
    shown = [f"{name} {value:.1f} %" for name, value in _named(treated, control)]
    title = f"{label}: {', '.join(shown) or 'no subjects'}"
    return chart(
        *parts,
        title=title,
        description=f"Percent of patients, axis from 0 to {highest:.0f}.",
        width=WIDTH,
        height=HEIGHT,
        class_="chart cell",
    )


def _named(treated: float | None, control: float | None) -> list[tuple[str, float]]:
    named = (("treatment", treated), ("control", control))
    return [(name, value) for name, value in named if value is not None]
