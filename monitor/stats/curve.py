"""The curve of a log-likelihood: its values on a fine grid, and what they say of its zeros."""

from __future__ import annotations

import numpy as np

from monitor.stats.e_value import Floats

LOG_RATIO_GRID: Floats = np.linspace(-10.0, 10.0, 4001)
"""Log rate ratios at which a curve has a value."""
SPACING = 20.0 / 4000


def near_maximum(curve: Floats) -> float:
    """Return the log rate ratio at which *curve* is highest, by a parabola through three values.

    >>> round(near_maximum(-((LOG_RATIO_GRID - 0.1234) ** 2)), 9)
    0.1234
    """
    peak = int(curve.argmax())
    if not 0 < peak < len(curve) - 1:
        return float(LOG_RATIO_GRID[peak])
    before, highest, after = curve[peak - 1 : peak + 2].tolist()
    bend = before - 2.0 * highest + after
    shift = (before - after) / (2.0 * bend) if bend else 0.0
    return float(LOG_RATIO_GRID[peak]) + shift * SPACING


def near_limits(curve: Floats, floor: float) -> tuple[float, float]:
    """Return the log rate ratios at which *curve* rises above *floor* and falls below it again.

    *curve* has one maximum.  A limit outside the grid is taken to be at its end.

    >>> low, high = near_limits(-((LOG_RATIO_GRID - 1.0) ** 2), -4.0)
    >>> round(low, 5), round(high, 5)
    (-1.0, 3.0)
    """
    peak = int(curve.argmax())
    low = np.interp(floor, curve[: peak + 1], LOG_RATIO_GRID[: peak + 1])
    high = np.interp(-floor, -curve[peak:], LOG_RATIO_GRID[peak:])
    return float(low), float(high)
