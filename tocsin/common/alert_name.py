"""What an alert is called on a terminal: by its id, or by so much of it as no other begins with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise, takewhile
from operator import eq
from typing import NamedTuple

from alerts.alert import Alert
from streams.store.rows.query import ID_LENGTH
from tocsin.common.exits import Exit, Stop
from tocsin.common.terminal import plain

NAMED = re.compile(r"([0-9A-Za-z]{1,64})(?::([0-9]{1,9}))?")
"""An alert's id or its beginning, with or without a revision."""

LEAST = 8
"""Characters of an id that stand for it: among 10,000 alerts two begin alike once in a hundred."""


class Name(NamedTuple):
    """What somebody typed: an id or its *beginning*, and the *revision* that was seen, if any."""

    beginning: str
    revision: int | None

    @property
    def whole(self) -> bool:
        """Whether it is all of an id: it means the same alert for ever."""
        return len(self.beginning) == ID_LENGTH


def name_in(text: str, least: int = 1) -> Name:
    """The name `id` or `id:revision` that *text* is, with *least* characters of the id; or Stop."""
    if (named := NAMED.fullmatch(text)) is None:
        raise Stop(Exit.USAGE, f"{plain(text)}: name an alert as `tocsin alerts list` does.")
    beginning, said = named.groups()
    if len(beginning) < least:
        says = (
            f"a move is for good: give {least} characters of the id, as `tocsin alerts list` does"
        )
        raise Stop(Exit.USAGE, f"{plain(text)}: {says}.")
    return Name(beginning, None if said is None else int(said))


def name_of(alert: Alert) -> str:
    """What names this revision of the alert, as the key of its message does."""
    return f"{alert.id}:{alert.revision}"


def beginnings(ids: Iterable[str]) -> dict[str, str]:
    """Of each of *ids* so much that no other begins so, and `LEAST` characters at least.

    >>> list(beginnings(["231d3f474a5e", "231d3f474b00", "b52370d0c486"]).values())
    ['231d3f474a', '231d3f474b', 'b52370d0']
    """
    order = sorted(set(ids))
    shared = [0, *(alike(*pair) for pair in pairwise(order)), 0]
    longest = map(max, pairwise(shared))  # What it shares with the one before or after it.
    ends = zip(order, longest, strict=False)  # Of no ids there is one pair of ends left.
    return {one: one[: max(LEAST, 1 + most)] for one, most in ends}


def alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    return sum(takewhile(bool, map(eq, one, other)))
