"""Says what is wrong in a mapping: the key, what was expected, and the nearest known name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from streams.sources.report import UnreadableSource


class MappingError(UnreadableSource):
    """The mapping is invalid; the message names the key and the remedy."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint at the name of *known* that is nearest to *name*, or all of few.

    >>> nearest("serius", ["serious", "onset"]), nearest("x", ["a", "b"])
    (' (perhaps `serious`)', ' (known: `a`, `b`)')
    """
    names = list(known)
    by_lower = {each.lower(): each for each in names}
    close = get_close_matches(name[:64].lower(), by_lower, n=1, cutoff=0.6)
    if close:
        return f" (perhaps `{by_lower[close[0]]}`)"
    return f" (known: {', '.join(f'`{each}`' for each in names[:20])})" if names else ""
