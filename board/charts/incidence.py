"""Cumulative incidence by arm as step lines, with the numbers at risk below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from board.charts.scale import LinearScale, linear_ticks, step_path
from board.charts.spread import spread
from board.charts.svg import arm_shape, chart, group, line, mark, path, text

WIDTH, HEIGHT = 760, 330
LEFT, RIGHT, TOP, BOTTOM = 60, 170, 24, 44
ROW_HEIGHT = 18
CHARACTER_WIDTH = 7.6
"""Of the labels at the right, which are bold."""


class ArmLine(NamedTuple):
    """An arm: steps as (day, percent), and how many are at risk on days counted from 0."""

    label: str
    longest_days: int
    steps: Sequence[tuple[int, float]]
    at_risk: Sequence[tuple[int, int]]


def incidence(rows: Sequence[Sequence[Any]], title: str) -> str:
    """Return the chart of *rows*, the fields of ``ArmLine`` each: lines named at their ends."""
    arms = [ArmLine(*row) for row in rows]
    longest = max([arm.longest_days for arm in arms], default=1)
    highest = max([percent for arm in arms for _, percent in arm.steps], default=1.0)
    across = LinearScale(0, max(longest, 1), LEFT, WIDTH - RIGHT)
    up = LinearScale(0, max(highest * 1.05, 1.0), HEIGHT - BOTTOM, TOP)
    ends = [up.position(arm.steps[-1][1] if arm.steps else 0.0) for arm in arms]
    labels = spread(ends, 16, TOP, HEIGHT - BOTTOM)
    lines = [
        _arm_line(number, arm, across, up, label_y)
        for number, (arm, label_y) in enumerate(zip(arms, labels, strict=True))
    ]
    height = HEIGHT + 24 + ROW_HEIGHT * len(arms)
    label_width = 20 + CHARACTER_WIDTH * max([len(arm.label) for arm in arms], default=0)
    return chart(
        _axes(across, up, longest, highest),
        *lines,
        _at_risk(arms, across),
        title=title,
        description="Percent of patients with a first event by day, death competing.",
        width=WIDTH - RIGHT + max(RIGHT, label_width),
        height=height,
        class_="chart incidence",
    )


def _axes(across: LinearScale, up: LinearScale, longest: int, highest: float) -> str:
    parts = [text(LEFT, TOP - 8, "% of patients", class_="small")]
    for value in linear_ticks(0, highest):
        y = up.position(value)
        parts += [
            line(LEFT, y, WIDTH - RIGHT, y, class_="grid"),
            text(LEFT - 8, y + 4, f"{value:g}", class_="tick", text_anchor="end"),
        ]
    for day in _day_ticks(longest):
        x = across.position(day)
        parts += [
            line(x, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 5, class_="axis"),
            text(x, HEIGHT - BOTTOM + 18, f"{day}", class_="tick", text_anchor="middle"),
        ]
    parts.append(
        text(WIDTH - RIGHT, HEIGHT - 8, "days in the arm", class_="small", text_anchor="end")
    )
    return group(*parts, class_="axes")


def _arm_line(
    number: int, arm: ArmLine, across: LinearScale, up: LinearScale, label_y: float
) -> str:
    points = [(across.position(0), up.position(0))]
    points += [(across.position(day), up.position(percent)) for day, percent in arm.steps]
    end, last = across.position(arm.longest_days), points[-1][1]
    return group(
        path(step_path(points, end), class_=f"line arm-{number % 5}", data_arm=arm.label),
        mark(arm_shape(number), end, last, 8, class_=f"mark arm-{number % 5}"),
        text(end + 10, label_y + 4, arm.label, class_="strong"),
        class_="arm",
    )


def _at_risk(arms: Sequence[ArmLine], across: LinearScale) -> str:
    y = HEIGHT + 16
    parts = [text(LEFT, y, "At risk", class_="small", text_anchor="start")]
    for row, arm in enumerate(arms, start=1):
        at = y + ROW_HEIGHT * row
        parts.append(text(WIDTH - RIGHT + 10, at, arm.label, class_="strong"))
        for day, count in arm.at_risk:
            x = across.position(day)
            parts.append(text(x, at, f"{count}", class_="tick", text_anchor="middle"))
    return group(*parts, class_="at-risk")


def _day_ticks(longest: int) -> list[int]:
    step = next(each for each in (7, 14, 28, 56, 84, 168, 365, 3650) if longest / each <= 10)
    return list(range(0, longest + 1, step))
