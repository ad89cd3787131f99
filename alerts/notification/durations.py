"""Spans of time as people write them: 30m, 12h, 2d."""

from __future__ import annotations

import re

SPAN = re.compile(r"(\d{1,6})([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds_in(text: str) -> int | None:
    """The seconds of *text*; None where it is no span, or one of no length.

    >>> seconds_in("30m"), seconds_in("0h"), seconds_in("soon")
    (1800, None, None)
    """
    found = SPAN.fullmatch(text)
    return int(found[1]) * SECONDS[found[2]] or None if found else None
