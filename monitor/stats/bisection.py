"""Bisection that evaluates several midpoints at once, with the digits of one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from monitor.stats.e_value import Floats

TOLERANCE = 1e-12
FIRST_POINTS, POINTS_MAX = 8, 48
"""Midpoints evaluated at once at first, and at most: bisection of 41 to 1e-12 has 46."""


@dataclass(slots=True)
class Bracket:
    """An interval in which a function is 0: above 0 at *inside*, 0 or less at *outside*.

    *guess* is where its zero may be, None where nothing is known.  A wrong one costs time and
    cannot change the result.  *count* is the number of midpoints to evaluate next.
    """

    inside: float
    outside: float
    guess: float | None = None
    count: int = 0
    value_inside: float = 0.0
    value_outside: float = 0.0

    def __post_init__(self) -> None:
        self.count = FIRST_POINTS if self.guess is None else POINTS_MAX

    @property
    def middle(self) -> float:
        """The middle of the interval."""
        return (self.inside + self.outside) / 2.0

    def midpoints(self) -> tuple[list[float], list[bool]]:
        """Return up to *count* midpoints that bisection visits if the zero is at *guess*.

        With each, return whether the function is then above 0 there.
        """
        points: list[float] = []
        guessed: list[bool] = []
        inside, outside = self.inside, self.outside
        guess = self.middle if self.guess is None else self.guess
        is_ascending = outside > inside
        while len(points) < self.count and abs(outside - inside) > TOLERANCE:
            middle = (inside + outside) / 2.0
            is_above = (guess > middle) is is_ascending
            points.append(middle)
            guessed.append(is_above)
            if is_above:
                inside = middle
            else:
                outside = middle
        return points, guessed

    def follow(self, points: list[float], guessed: list[bool], values: list[float]) -> None:
        """Narrow the interval along *points* by the *values* there, as far as *guessed* is right.

        The values found give a better guess.
        """
        for point, is_above, value in zip(points, guessed, values, strict=True):
            if value > 0.0:
                self.inside, self.value_inside = point, value
            else:
                self.outside, self.value_outside = point, value
            if is_above is not (value > 0.0):
                break  # The next midpoint is another one than was guessed.
        else:
            self.count = min(POINTS_MAX, 2 * self.count)
        self.guess = self._interpolated()

    def _interpolated(self) -> float:
        """Return where the line through the values at both ends is 0, or the middle."""
        above, below = self.value_inside, self.value_outside
        if not above > 0.0 > below:
            return self.middle
        return self.inside + (self.outside - self.inside) * (above / (above - below))


def bisection(function: Callable[[Floats], Floats], brackets: list[Bracket]) -> list[float]:
    """Return where a function of each bracket is 0, by bisection to 1e-12.

    A guess of the zero tells which midpoints bisection will visit.  They are evaluated together,
    which is much faster than one by one, and are followed as far as the guess was right.
    *function* takes points of shape (brackets, m), and returns the value of each bracket's
    function at each of its points, whatever the other points are.

    >>> roots = bisection(
    ...     lambda x: np.array([[2.0], [3.0]]) - x * x, [Bracket(0, 2), Bracket(0, 9)]
    ... )
    >>> [round(root, 12) for root in roots]
    [1.414213562373, 1.732050807569]
    """
    while True:
        paths = [bracket.midpoints() for bracket in brackets]
        longest = max(len(points) for points, _ in paths)
        if not longest:
            return [bracket.middle for bracket in brackets]
        # Rows that end earlier are filled with a point that no one follows.
        rows = [points + [0.0] * (longest - len(points)) for points, _ in paths]
        values: list[list[float]] = function(np.array(rows)).tolist()
        for bracket, (points, guessed), row in zip(brackets, paths, values, strict=True):
            if points:
                bracket.follow(points, guessed, row[: len(points)])
