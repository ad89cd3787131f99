"""Parses an alert revision as it was published on the alerts topic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson

from alerts.lifecycle import State
from alerts.notification.notification_log import NAME_PATTERN

UNACKNOWLEDGED: frozenset[str] = frozenset({State.RAISED, State.REOPENED})
"""States in which an alert awaits acknowledgement by a member."""


class InvalidAlert(ValueError):
    """The bytes are not an alert revision.  The reader counts them and continues."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedAlert:
    """Revision *revision* of the alert *id*.

    A revision with *pages* calls people at once; a *tracked* alert needs acknowledgement.
    *fields* is the whole JSON object.  *sha256* is that of its canonical bytes, by which a second
    publication of the revision with other content is detected.
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
        """Whether the alert needs acknowledgement and has none."""
        return self.tracked and self.state in UNACKNOWLEDGED

    @property
    def is_closed(self) -> bool:
        """Whether the alert is closed, which ends its episode."""
        return self.state == State.CLOSED


def parse_published_alert(value: bytes | None) -> PublishedAlert:
    """Parse the value of a record of the alerts topic.

    Missing optional fields take the values of a newly raised signal.  Raises InvalidAlert where
    *value* is not an alert revision; the message does not repeat the content.
    """
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
        # The content must not reach a log.
        raise InvalidAlert(type(error).__name__) from None


def require_name(value: Any) -> str:
    """*value*, if it is a valid part of a key.  Raises TypeError or ValueError if not."""
    if not NAME_PATTERN.fullmatch(require_text(value)):
        raise ValueError
    return value


def require_text(value: Any) -> str:
    """*value*, if it is text.  Raises TypeError if not."""
    if not isinstance(value, str):
        raise TypeError
    return value


def require_positive(value: Any) -> int:
    """*value*, if it is an integer of at least 1.  Raises TypeError if not."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise TypeError
    return value
