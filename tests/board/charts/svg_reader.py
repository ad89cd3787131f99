"""Reads geometry back from a chart's SVG, by its own ticks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from math import log10
from xml.etree.ElementTree import Element, fromstring

TOKEN = re.compile(r"([MHVL])\s*(-?[\d.]+)(?:\s+(-?[\d.]+))?")
FIRST_PLACE = re.compile(r"M(-?[\d.]+) (-?[\d.]+)")


def parse_svg(svg: str) -> Element:
    """The root of the chart, which must be well-formed."""
    return fromstring(svg)


def marks(root: Element, **attributes: str) -> list[Element]:
    """The elements whose data attributes have these values."""
    wanted = {f"data-{name.replace('_', '-')}": value for name, value in attributes.items()}
    return [
        element
        for element in root.iter()
        if all(element.get(name) == value for name, value in wanted.items())
    ]


@dataclass(frozen=True, slots=True)
class ReadAxis:
    """An axis as its ticks define it: *slope* units of position for one of the value."""

    origin: float
    slope: float

    def value(self, position: float) -> float:
        """The value at *position*."""
        return (position - self.origin) / self.slope

    def position(self, value: float) -> float:
        """The position of *value*."""
        return self.origin + value * self.slope


def axis_of(ticks: list[tuple[float, float]]) -> ReadAxis:
    """The axis through the first and the last of *ticks*: pairs of value and position."""
    (low, at_low), (high, at_high) = ticks[0], ticks[-1]
    slope = (at_high - at_low) / (high - low)
    return ReadAxis(at_low - low * slope, slope)


def e_axis(root: Element) -> ReadAxis:
    """The axis of e-values, in powers of ten."""
    return axis_of(
        [
            (log10(float(str(tick.get("data-value")))), float(str(tick.get("data-at"))))
            for tick in marks(root, axis="e")
        ]
    )


def day_axis(root: Element) -> ReadAxis:
    """The axis of ordinal days."""
    return axis_of(
        [
            (
                date.fromisoformat(str(tick.get("data-day"))).toordinal(),
                float(str(tick.get("data-at"))),
            )
            for tick in marks(root, axis="day")
        ]
    )


def week_axis(root: Element) -> ReadAxis:
    """The axis of weeks."""
    return axis_of(
        [
            (float(str(tick.get("data-value"))), float(str(tick.get("data-at"))))
            for tick in marks(root, axis="week")
        ]
    )


def step_corners(path: Element) -> list[tuple[float, float]]:
    """The corners of a step line, each after a horizontal or vertical move."""
    x = y = 0.0
    corners: list[tuple[float, float]] = []
    for command, first, second in TOKEN.findall(str(path.get("d"))):
        if command == "M":
            x, y = float(first), float(second)
        elif command == "H":
            x = float(first)
        else:
            y = float(first)
        corners.append((x, y))
    return corners


def centre(element: Element) -> tuple[float, float]:
    """The centre of a circle, a rectangle, or an outline around its place."""
    if element.get("cx") is not None:
        return float(str(element.get("cx"))), float(str(element.get("cy")))
    if element.get("x") is not None:
        x, y = float(str(element.get("x"))), float(str(element.get("y")))
        width, height = float(str(element.get("width"))), float(str(element.get("height")))
        return x + width / 2, y + height / 2
    numbers = [float(each) for each in re.findall(r"-?[\d.]+", str(element.get("d")))]
    xs, ys = numbers[::2], numbers[1::2]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
