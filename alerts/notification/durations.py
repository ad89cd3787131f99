"""Parses durations such as 30m, 12h and 2d."""

from __future__ import annotations

import re

DURATION = re.compile(r"(\d{1,6})([smhd])")
SECONDS_PER_UNIT = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def parse_duration(text: str) -> int | None:
    """The duration *text* in seconds; None where it is malformed or zero.

    >>> parse_duration("30m"), parse_duration("0h"), parse_duration("soon")
    (1800, None, None)
    """
    match = DURATION.fullmatch(text)
    return int(match[1]) * SECONDS_PER_UNIT[match[2]] or None if match else None
