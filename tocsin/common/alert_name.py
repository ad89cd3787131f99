"""Parses and abbreviates alert names: an id or unique prefix of it, with a revision or without."""

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
"""An alert id or a prefix of it, optionally followed by a colon and a revision."""

PREFIX_LENGTH_MIN = 8
"""Shortest prefix shown or accepted for a move.

Two of 10,000 random ids share their first 8 characters with probability 1 in 100.
"""


class AlertName(NamedTuple):
    """An alert as typed on the command line: an id or a prefix of it, and a revision or None."""

    id_prefix: str
    revision: int | None

    @property
    def is_full_id(self) -> bool:
        """Whether it is a whole id, which names the same alert permanently."""
        return len(self.id_prefix) == ALERT_ID_LENGTH


def parse_alert_name(text: str, length_min: int = 1) -> AlertName:
    """Parse `id` or `id:revision`, where `id` has at least *length_min* characters.

    Raises Stop where *text* is not of this form or too short.
    """
    if (match := ALERT_NAME.fullmatch(text)) is None:
        raise Stop(
            Exit.USAGE, f"{printable(text)}: give an alert id as `tocsin alerts list` shows it."
        )
    id_prefix, revision = match.groups()
    if len(id_prefix) < length_min:
        message = (
            f"a move cannot be undone: give {length_min} characters of the id, as "
            f"`tocsin alerts list` shows them"
        )
        raise Stop(Exit.USAGE, f"{printable(text)}: {message}.")
    return AlertName(id_prefix, None if revision is None else int(revision))


def alert_name_of(alert: Alert) -> str:
    """The name of this revision, `id:revision`, which is also the key of its Kafka message."""
    return f"{alert.id}:{alert.revision}"


def unique_prefixes(ids: Iterable[str]) -> dict[str, str]:
    """Map each id to its shortest unique prefix of at least `PREFIX_LENGTH_MIN` characters.

    >>> list(unique_prefixes(["231d3f474a5e", "231d3f474b00", "b52370d0c486"]).values())
    ['231d3f474a', '231d3f474b', 'b52370d0']
    """
    sorted_ids = sorted(set(ids))
    shared_lengths = [0, *(shared_prefix_length(*pair) for pair in pairwise(sorted_ids)), 0]
    # In sorted order, the longest shared prefix is with a neighbour.
    longest_shared = map(max, pairwise(shared_lengths))
    # Not strict: without ids, *shared_lengths* still has one pair.
    ids_with_lengths = zip(sorted_ids, longest_shared, strict=False)
    return {one: one[: max(PREFIX_LENGTH_MIN, 1 + most)] for one, most in ids_with_lengths}


def shared_prefix_length(first: str, second: str) -> int:
    """Length of the longest common prefix."""
    return sum(takewhile(bool, map(eq, first, second)))
