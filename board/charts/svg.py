"""Writes SVG: elements with escaped text and attributes, and the frame of a chart."""

from __future__ import annotations

from html import escape

from board.charts.scale import coordinate

Attribute = str | int | float | None
"""A value of an attribute; an attribute of None is left out."""


def element(name: str, content: str = "", /, **attributes: Attribute) -> str:
    """Return an element with *content* (markup) inside.

    An underscore in a name stands for a hyphen, one at the end for nothing: ``class_``,
    ``data_value``, ``text_anchor``.

    >>> element("circle", cx=1.5, cy=2, r=4, class_="mark", data_value="<6>")
    '<circle cx="1.5" cy="2" r="4" class="mark" data-value="&lt;6&gt;"/>'
    """
    texts = [
        f' {key.rstrip("_").replace("_", "-")}="{_text_of(key, value)}"'
        for key, value in attributes.items()
        if value is not None
    ]
    opening = f"<{name}{''.join(texts)}"
    return f"{opening}>{content}</{name}>" if content else f"{opening}/>"


def _text_of(key: str, value: str | int | float) -> str:
    if isinstance(value, str):
        return escape(value)
    return repr(value) if key.startswith("data") else coordinate(value)


def text(x: float, y: float, content: str, **attributes: Attribute) -> str:
    """Return *content*, escaped, at a place.

    >>> text(1, 2, "<b>", class_="tick")
    '<text x="1" y="2" class="tick">&lt;b&gt;</text>'
    """
    return element("text", escape(content), x=x, y=y, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: Attribute) -> str:
    """Return a straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **attributes)


def rectangle(x: float, y: float, width: float, height: float, **attributes: Attribute) -> str:
    """Return a rectangle; a negative width or height is drawn as zero."""
    return element("rect", x=x, y=y, width=max(width, 0), height=max(height, 0), **attributes)


def path(data: str, **attributes: Attribute) -> str:
    """Return a path."""
    return element("path", d=data, **attributes)


def group(*parts: str, **attributes: Attribute) -> str:
    """Return *parts* in a group."""
    return element("g", "".join(parts), **attributes)


def mark(shape: str, x: float, y: float, size: float = 6, **attributes: Attribute) -> str:
    """Return a mark centred at a place: circle, square, diamond, triangle, down or bar.

    Shapes tell arms and levels apart where colours cannot.
    """
    half = size / 2
    if shape == "circle":
        return element("circle", cx=x, cy=y, r=half, **attributes)
    if shape == "square":
        return rectangle(x - half, y - half, size, size, **attributes)
    outlines = {
        "diamond": ((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),
        "triangle": ((0, -1.2), (1.2, 1), (-1.2, 1)),
        "down": ((0, 1.2), (1.2, -1), (-1.2, -1)),
        "bar": ((-0.3, -1.6), (0.3, -1.6), (0.3, 1.6), (-0.3, 1.6)),
    }
    corners = [
        f"{coordinate(x + half * dx)} {coordinate(y + half * dy)}" for dx, dy in outlines[shape]
    ]
    return path(f"M{'L'.join(corners)}Z", **attributes)


LEVEL_SHAPES = {"signal": "triangle", "watch": "square", "quiet": "circle"}
"""The shape of a mark by level."""

ARM_SHAPES = ("circle", "diamond", "square", "triangle", "down")
"""The shape of a mark by the number of the treatment, in turn."""


def arm_shape(number: int) -> str:
    """Return the shape of the treatment with *number*."""
    return ARM_SHAPES[number % len(ARM_SHAPES)]


def chart(
    *parts: str, title: str, description: str, width: float, height: float, class_: str = "chart"
) -> str:
    """Return an SVG image with its title and description for those who do not see it."""
    return element(
        "svg",
        element("title", escape(title)) + element("desc", escape(description)) + "".join(parts),
        class_=class_,
        role="img",
        aria_label=title,
        viewBox=f"0 0 {coordinate(width)} {coordinate(height)}",
        width=width,
        height=height,
    )
