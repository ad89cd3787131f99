"""The ledger of notifications: who was told of which revision, by which sink, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import orjson

NAME = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
"""Of an audience, a sink or an alert: nothing that could end a part of a key."""


FINDING = "finding"
"""How the key of a finding begins, in the place of an audience."""


class Outcome(StrEnum):
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


class Key(NamedTuple):
    """What an entry is about; to send it twice is to send it under the same key."""

    route: Route
    alert: str
    revision: int

    def wire(self) -> bytes:
        """The key on the topic.

        >>> Key(Route("board", "pager"), "1f0c", 2).wire()
        b'board|pager|1f0c|2'
        """
        return "|".join((*self.route, self.alert, str(self.revision))).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """*at* is the hour (seconds since 1970, by the deliverer's clock), *sha256* the content's."""

    outcome: Outcome
    at: float
    sha256: str

    def wire(self) -> bytes:
        """The entry on the topic."""
        body = {"at": round(self.at, 3), "outcome": self.outcome.value, "sha256": self.sha256}
        return orjson.dumps(body)


class Finding(NamedTuple):
    """The revision of an alert came again with other content than was told: look, page nobody."""

    alert: str
    revision: int
    told: str
    found: str

    def wire(self) -> tuple[bytes, bytes]:
        """Key and value on the topic; the content that was told keeps its own entries."""
        key = f"{FINDING}|{self.alert}|{self.revision}|{self.found}".encode()
        return key, orjson.dumps({"found": self.found, "outcome": FINDING, "told": self.told})


def read(key: bytes | None, value: bytes | None) -> tuple[Key, Entry] | Finding | None:
    """The entry of a record; None for what is none."""
    try:
        first, *rest = (key or b"").decode().split("|")
        said = orjson.loads(value or b"")
        if first == FINDING and len(rest) == 3:
            return Finding(rest[0], int(rest[1]), str(said["told"]), rest[2])
        sink, alert, revision = rest
        entry = Entry(
            outcome=Outcome(said["outcome"]), at=float(said["at"]), sha256=str(said["sha256"])
        )
        return Key(Route(first, sink), alert, int(revision)), entry
    except (ValueError, TypeError, KeyError):
        return None


@dataclass(slots=True)
class Ledger:
    """All entries of one partition, in memory."""

    entries: dict[tuple[Route, str], dict[int, Entry]] = field(
        default_factory=dict[tuple[Route, str], dict[int, Entry]]
    )
    findings: set[Finding] = field(default_factory=set[Finding])
    contents: dict[tuple[str, int], str] = field(default_factory=dict[tuple[str, int], str])
    """Of each revision the content (sha256) that was told first."""

    def note(self, key: Key, entry: Entry) -> None:
        """Take *entry* in.

        That it was sent outweighs anything else, and the first time counts: escalation runs from
        it, and an owner that was paused may send, and note, once more.
        """
        self.contents.setdefault((key.alert, key.revision), entry.sha256)
        held = self.of(key.route, key.alert)
        known = held.get(key.revision)
        if known is None or rank(entry) < rank(known):
            self.entries.setdefault((key.route, key.alert), held)[key.revision] = entry

    def of(self, route: Route, alert: str) -> dict[int, Entry]:
        """What was noted of *alert* on *route*, by revision."""
        return self.entries.get((route, alert), {})

    def sent(self, route: Route, alert: str) -> Iterator[tuple[int, float]]:
        """The revisions of *alert* that were sent on *route*, each with its hour."""
        for revision, entry in self.of(route, alert).items():
            if entry.outcome is Outcome.SENT:
                yield revision, entry.at


def rank(entry: Entry) -> tuple[bool, float]:
    """What counts more comes first."""
    return entry.outcome is not Outcome.SENT, entry.at
