"""The ledger of notifications: who was told of which revision, by which sink, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import orjson

NAME_PATTERN = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
"""Of an audience, a sink or an alert: nothing that could end a part of a key."""


MISMATCH = "finding"
"""How the key of a finding begins, in the place of an audience."""


class NotificationOutcome(StrEnum):
    """What became of one revision for one sink of one audience."""

    SENT = "sent"
    SUPERSEDED = "superseded"
    """A later revision was told in its place."""
    QUIET = "quiet"
    """It calls nobody, and the sink only calls."""


class Route(NamedTuple):
    """One way to one audience."""

    audience: str
    sink: str


class NotificationKey(NamedTuple):
    """What an entry is about; to send it twice is to send it under the same key."""

    route: Route
    alert: str
    revision: int

    def encode(self) -> bytes:
        """The key on the topic.

        >>> NotificationKey(Route("board", "pager"), "1f0c", 2).encode()
        b'board|pager|1f0c|2'
        """
        return "|".join((*self.route, self.alert, str(self.revision))).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationEntry:
    """*at* is the hour (seconds since 1970, by the deliverer's clock), *sha256* the content's."""

    outcome: NotificationOutcome
    logged_at: float
    sha256: str

    def encode(self) -> bytes:
        """The entry on the topic."""
        body = {
            "at": round(self.logged_at, 3),
            "outcome": self.outcome.value,
            "sha256": self.sha256,
        }
        return orjson.dumps(body)


class ContentMismatch(NamedTuple):
    """The revision of an alert came again with other content than was told: look, page nobody."""

    alert: str
    revision: int
    logged_sha256: str
    published_sha256: str

    def encode(self) -> tuple[bytes, bytes]:
        """Key and value on the topic; the content that was told keeps its own entries."""
        key = f"{MISMATCH}|{self.alert}|{self.revision}|{self.published_sha256}".encode()
        return key, orjson.dumps(
            {"found": self.published_sha256, "outcome": MISMATCH, "told": self.logged_sha256}
        )


def decode_log_record(
    key: bytes | None, value: bytes | None
) -> tuple[NotificationKey, NotificationEntry] | ContentMismatch | None:
    """The entry of a record; None for what is none."""
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
    """All entries of one partition, in memory."""

    entries: dict[tuple[Route, str], dict[int, NotificationEntry]] = field(
        default_factory=dict[tuple[Route, str], dict[int, NotificationEntry]]
    )
    mismatches: set[ContentMismatch] = field(default_factory=set[ContentMismatch])
    first_sha256: dict[tuple[str, int], str] = field(default_factory=dict[tuple[str, int], str])
    """Of each revision the content (sha256) that was told first."""

    def add(self, key: NotificationKey, entry: NotificationEntry) -> None:
        """Take *entry* in.

        That it was sent outweighs anything else, and the first time counts: escalation runs from
        it, and an owner that was paused may send, and note, once more.
        """
        self.first_sha256.setdefault((key.alert, key.revision), entry.sha256)
        revisions = self.entries_of(key.route, key.alert)
        logged = revisions.get(key.revision)
        if logged is None or precedence(entry) < precedence(logged):
            self.entries.setdefault((key.route, key.alert), revisions)[key.revision] = entry

    def entries_of(self, route: Route, alert: str) -> dict[int, NotificationEntry]:
        """What was noted of *alert* on *route*, by revision."""
        return self.entries.get((route, alert), {})

    def sent_revisions(self, route: Route, alert: str) -> Iterator[tuple[int, float]]:
        """The revisions of *alert* that were sent on *route*, each with its hour."""
        for revision, entry in self.entries_of(route, alert).items():
            if entry.outcome is NotificationOutcome.SENT:
                yield revision, entry.logged_at


def precedence(entry: NotificationEntry) -> tuple[bool, float]:
    """What counts more comes first."""
    return entry.outcome is not NotificationOutcome.SENT, entry.logged_at
