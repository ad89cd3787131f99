"""The notification log: which revision was sent on which route, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import orjson

NAME_PATTERN = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
"""Name of an audience, a sink or an alert; it cannot contain the separator of a key."""

MISMATCH = "finding"
"""First part of the key of a ContentMismatch, where other keys have the audience."""


class NotificationOutcome(StrEnum):
    """What happened to one revision of an alert on one route."""

    SENT = "sent"
    SUPERSEDED = "superseded"
    """Not sent, because a later revision was sent instead."""
    QUIET = "quiet"
    """Not sent, because the revision does not page and the sink only pages."""


class Route(NamedTuple):
    """One audience by one of its sinks."""

    audience: str
    sink: str


class NotificationKey(NamedTuple):
    """Key of an entry: route, alert and revision.  A duplicate notification has the same key."""

    route: Route
    alert: str
    revision: int

    def encode(self) -> bytes:
        """The key as bytes of a Kafka record.

        >>> NotificationKey(Route("board", "pager"), "1f0c", 2).encode()
        b'board|pager|1f0c|2'
        """
        return "|".join((*self.route, self.alert, str(self.revision))).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationEntry:
    """One entry of the notification log.

    *logged_at* is in seconds since 1970 by the deliverer's clock; *sha256* is that of the
    alert's content.
    """

    outcome: NotificationOutcome
    logged_at: float
    sha256: str

    def encode(self) -> bytes:
        """The entry as the value of a Kafka record."""
        body = {
            "at": round(self.logged_at, 3),
            "outcome": self.outcome.value,
            "sha256": self.sha256,
        }
        return orjson.dumps(body)


class ContentMismatch(NamedTuple):
    """A revision was published again with other content than was logged.

    It is logged for investigation; nobody is paged.
    """

    alert: str
    revision: int
    logged_sha256: str
    published_sha256: str

    def encode(self) -> tuple[bytes, bytes]:
        """Key and value of the Kafka record; the entries of the logged content do not change."""
        key = f"{MISMATCH}|{self.alert}|{self.revision}|{self.published_sha256}".encode()
        return key, orjson.dumps(
            {"found": self.published_sha256, "outcome": MISMATCH, "told": self.logged_sha256}
        )


def decode_log_record(
    key: bytes | None, value: bytes | None
) -> tuple[NotificationKey, NotificationEntry] | ContentMismatch | None:
    """Decode one record of the notification log; None where it is malformed."""
    try:
        first, *parts = (key or b"").decode().split("|")
        fields = orjson.loads(value or b"")
        if first == MISMATCH and len(parts) == 3:
            return ContentMismatch(parts[0], int(parts[1]), str(fields["told"]), parts[2])
        sink, alert, revision = parts
        entry = NotificationEntry(
            outcome=NotificationOutcome(fields["outcome"]),
            logged_at=float(fields["at"]),
            sha256=str(fields["sha256"]),
        )
        return NotificationKey(Route(first, sink), alert, int(revision)), entry
    except (ValueError, TypeError, KeyError):
        return None


@dataclass(slots=True)
class NotificationLog:
    """All entries of one partition in memory, by route and alert, then by revision."""

    entries: dict[tuple[Route, str], dict[int, NotificationEntry]] = field(
        default_factory=dict[tuple[Route, str], dict[int, NotificationEntry]]
    )
    mismatches: set[ContentMismatch] = field(default_factory=set[ContentMismatch])
    first_sha256: dict[tuple[str, int], str] = field(default_factory=dict[tuple[str, int], str])
    """SHA-256 of the content that was logged first, by alert and revision."""

    def add(self, key: NotificationKey, entry: NotificationEntry) -> None:
        """Add *entry*; of several entries of one key, keep the first that says SENT.

        Escalation is timed from the first sending, and an owner that was paused may send and log
        the same revision again.
        """
        self.first_sha256.setdefault((key.alert, key.revision), entry.sha256)
        revisions = self.entries_of(key.route, key.alert)
        logged = revisions.get(key.revision)
        if logged is None or precedence(entry) < precedence(logged):
            self.entries.setdefault((key.route, key.alert), revisions)[key.revision] = entry

    def entries_of(self, route: Route, alert: str) -> dict[int, NotificationEntry]:
        """The entries of *alert* on *route*, by revision."""
        return self.entries.get((route, alert), {})

    def sent_revisions(self, route: Route, alert: str) -> Iterator[tuple[int, float]]:
        """Yield each revision of *alert* that was sent on *route*, with its time.

        Times are in seconds since 1970.
        """
        for revision, entry in self.entries_of(route, alert).items():
            if entry.outcome is NotificationOutcome.SENT:
                yield revision, entry.logged_at


def precedence(entry: NotificationEntry) -> tuple[bool, float]:
    """Sort key of two entries of one key: SENT before other outcomes, earlier before later."""
    return entry.outcome is not NotificationOutcome.SENT, entry.logged_at
