"""Moves labels of a chart apart, so that none covers another."""

from __future__ import annotations

from collections.abc import Sequence


def spread(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return *positions* moved apart to at least *gap*, in order, within *low* to *high*.

    Labels beside a chart use it.  Where they do not fit they overlap equally.

    >>> spread([10, 11, 50], 5, 0, 100)
    [8.0, 13.0, 50.0]
    """
    order = sorted(range(len(positions)), key=lambda index: positions[index])
    gap = min(gap, (high - low) / max(len(positions) - 1, 1))
    groups: list[tuple[float, list[int]]] = []
    for index in order:
        groups.append((float(positions[index]), [index]))
        while len(groups) > 1 and _too_close(groups[-2], groups[-1], gap):
            (left, lefts), (right, rights) = groups[-2:]
            size, other = len(lefts), len(rights)
            centre = (left * size + right * other) / (size + other)
            groups[-2:] = [(_held(centre, size + other, gap, low, high), lefts + rights)]
    moved = [0.0] * len(positions)
    for centre, members in groups:
        first = _held(centre, len(members), gap, low, high) - gap * (len(members) - 1) / 2
        for offset, index in enumerate(members):
            moved[index] = first + gap * offset
    return moved


def _held(centre: float, size: int, gap: float, low: float, high: float) -> float:
    half = gap * (size - 1) / 2
    return min(max(centre, low + half), high - half)


def _too_close(left: tuple[float, list[int]], right: tuple[float, list[int]], gap: float) -> bool:
    reach = gap * (len(left[1]) - 1) / 2 + gap * (len(right[1]) - 1) / 2 + gap
    return right[0] - left[0] < reach - 1e-9
