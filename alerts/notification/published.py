"""An alert as it was announced: a revision read back from the bytes on the topic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson

from alerts.lifecycle import State
from alerts.notification.notification_log import NAME_PATTERN

UNACKNOWLEDGED: frozenset[str] = frozenset({State.RAISED, State.REOPENED})
"""States in which nobody has said yet that they saw it."""


class InvalidAlert(ValueError):
    """The bytes are no revision of an alert.  Count it and go on: nobody can be told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedAlert:
    """Revision *revision* of the alert *id*.

    It *pages* where somebody must be told now, and is *tracked* where somebody must answer.
    *said* is everything it says; *sha256* is of its canonical bytes, so that the same revision
    announced again with other content is noticed.
    """

    id: str
    revision: int
    study: str
    kind: str = "signal"
    state: str = "raised"
    move: str = "raise"
    watch: str = ""
    pages: bool = True
    tracked: bool = True
    sha256: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)

    @property
    def is_unacknowledged(self) -> bool:
        """Whether somebody still has to say that they saw it."""
        return self.tracked and self.state in UNACKNOWLEDGED

    @property
    def is_closed(self) -> bool:
        """Whether its episode has ended."""
        return self.state == State.CLOSED


def parse_published_alert(value: bytes | None) -> PublishedAlert:
    """The revision that *value* announces; fields that it lacks are those of a first raising."""
    try:
        fields = orjson.loads(value or b"")
        return PublishedAlert(
            id=require_name(fields["id"]),
            revision=require_positive(fields["revision"]),
            study=require_text(fields["study"]),
            kind=require_text(fields.get("kind", "signal")),
            state=require_text(fields.get("state", "raised")),
            move=require_text(fields.get("move", "raise")),
            watch=require_text(fields.get("watch", "")),
            pages=fields.get("pages", True) is True,
            tracked=fields.get("tracked", True) is True,
            sha256=sha256(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).hexdigest(),
            fields=fields,
        )
    except (orjson.JSONDecodeError, TypeError, KeyError, AttributeError, ValueError) as error:
        # What was in it stays out of the message, and so out of every log.
        raise InvalidAlert(type(error).__name__) from None


def require_name(value: Any) -> str:
    """*value*, which must be fit for a part of a key."""
    if not NAME_PATTERN.fullmatch(require_text(value)):
        raise ValueError
    return value


def require_text(value: Any) -> str:
    """*value*, which must be text."""
    if not isinstance(value, str):
        raise TypeError
    return value


def require_positive(value: Any) -> int:
    """*value*, which must be a whole number from 1."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise TypeError
    return value
