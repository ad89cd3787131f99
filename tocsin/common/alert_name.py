"""What an alert is called on a terminal: by its id, or by so much of it as no other begins with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise, takewhile
from operator import eq
from typing import NamedTuple

from alerts.alert import Alert
from streams.store.rows.query import ALERT_ID_LENGTH
from tocsin.common.exits import Exit, Stop
from tocsin.common.terminal import printable

ALERT_NAME = re.compile(r"([0-9A-Za-z]{1,64})(?::([0-9]{1,9}))?")
"""An alert's id or its beginning, with or without a revision."""

PREFIX_LENGTH_MIN = 8
"""Characters of an id that stand for it: among 10,000 alerts two begin alike once in a hundred."""


class AlertName(NamedTuple):
    """What somebody typed: an id or its *beginning*, and the *revision* that was seen, if any."""

    id_prefix: str
    revision: int | None

    @property
    def is_full_id(self) -> bool:
        """Whether it is all of an id: it means the same alert for ever."""
        return len(self.id_prefix) == ALERT_ID_LENGTH


def parse_alert_name(text: str, length_min: int = 1) -> AlertName:
    """The name `id` or `id:revision` that *text* is, with *least* characters of the id; or Stop."""
    if (match := ALERT_NAME.fullmatch(text)) is None:
        raise Stop(Exit.USAGE, f"{printable(text)}: name an alert as `tocsin alerts list` does.")
    id_prefix, revision = match.groups()
    if len(id_prefix) < length_min:
        message = (
            f"a move is for good: give {length_min} characters of the id, as "
            f"`tocsin alerts list` does"
        )
        raise Stop(Exit.USAGE, f"{printable(text)}: {message}.")
    return AlertName(id_prefix, None if revision is None else int(revision))


def alert_name_of(alert: Alert) -> str:
    """What names this revision of the alert, as the key of its message does."""
    return f"{alert.id}:{alert.revision}"


def unique_prefixes(ids: Iterable[str]) -> dict[str, str]:
    """Of each of *ids* so much that no other begins so, and `LEAST` characters at least.

    >>> list(unique_prefixes(["231d3f474a5e", "231d3f474b00", "b52370d0c486"]).values())
    ['231d3f474a', '231d3f474b', 'b52370d0']
    """
    sorted_ids = sorted(set(ids))
    shared_lengths = [0, *(shared_prefix_length(*pair) for pair in pairwise(sorted_ids)), 0]
    longest_shared = map(
        max, pairwise(shared_lengths)
    )  # What it shares with the one before or after it.
    ids_with_lengths = zip(
        sorted_ids, longest_shared, strict=False
    )  # Of no ids there is one pair of ends left.
    return {one: one[: max(PREFIX_LENGTH_MIN, 1 + most)] for one, most in ids_with_lengths}


def shared_prefix_length(first: str, second: str) -> int:
    """How many characters both begin with."""
    return sum(takewhile(bool, map(eq, first, second)))
