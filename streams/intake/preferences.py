"""Reads the `Prefer` header of a request (RFC 7240): handling and wait."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

WAIT_SECONDS_MAX = 10
"""Longest wait for the fold; a longer one is cut to it."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a request prefers: *lenient* handling of bad lines, and seconds to *wait*."""

    lenient: bool = False
    wait: int = 0

    @property
    def applied(self) -> dict[str, str]:
        """The header that names the preferences that were applied."""
        names = ["handling=lenient"] * self.lenient + [f"wait={self.wait}"] * bool(self.wait)
        return {"Preference-Applied": ", ".join(names)} if names else {}


def read_preferences(headers: Iterable[str]) -> Preferences:
    """Read the values of all `Prefer` *headers*; what is unknown or malformed is ignored.

    >>> read_preferences(["handling=lenient, wait=5"])
    Preferences(lenient=True, wait=5)
    >>> read_preferences(["wait=999", "respond-async"])
    Preferences(lenient=False, wait=10)
    """
    found: dict[str, str] = {}
    for header in headers:
        for part in header.split(","):
            name, _, value = part.partition(";")[0].partition("=")
            # The first of two equal preferences counts.
            found.setdefault(name.strip().lower(), value.strip().strip('"'))
    wait = found.get("wait", "")
    digits = wait.isascii() and wait.isdigit()
    seconds = min(int(wait[:9]), WAIT_SECONDS_MAX) if digits else 0
    return Preferences(lenient=found.get("handling", "").lower() == "lenient", wait=seconds)
