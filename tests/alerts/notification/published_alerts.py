"""Builders for deliveries: an alert's revisions, a delivery file, a partition that was read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from alerts.alert import Alert
from alerts.notification.audiences import Deployment, deployment
from alerts.notification.due import Notice, Standing, due
from alerts.notification.notification_log import Entry, Key, Outcome, Route
from alerts.notification.published import Announced, announced

BOARD, CHAIR = Route("board", "pager"), Route("chair", "phone")
BELL = Route("board", "bell")

FILE = """
link = "https://board.example.org/reports/{ref}"
secret_file = "ref.key"

[[sink]]
name = "pager"
kind = "webhook"
url = "https://pager.example.org/hook"
secret_file = "pager.key"

[[sink]]
name = "phone"
kind = "apprise"
secret_file = "phone.url"

[[sink]]
name = "bell"
kind = "alertmanager"
url = "http://alertmanager:9093"

[[audience]]
name = "board"
sinks = ["pager", "bell"]
escalates_to = "chair"
acknowledge_within = "30m"

[[audience]]
name = "chair"
sinks = ["phone"]
"""

SPONSOR = """
[[sink]]
name = "hook"
kind = "webhook"
url = "https://sponsor.example.org/hook"
secret_file = "hook.key"

[[audience]]
name = "sponsor"
sees = "pooled"
sinks = ["hook"]
"""
"""The sponsor, who is blinded, and has a sink of its own."""

HALF_AN_HOUR = 1800

SAID = Alert(
    id="1f0c",
    revision=1,
    study="PRODERM",
    watch="tee",
    term="Stroke",
    level="signal",
    e_value=31.25,
    as_of=736_000,
    line=7,
    thing="edc/c1",
    version=1,
    plan_sha256="aa",
    known_at=1_500_000_000,
)


def wire(**changes: Any) -> bytes:
    """The bytes of an alert on its topic."""
    return orjson.dumps({**asdict(SAID), **changes})


def alert(**changes: Any) -> Announced:
    return announced(wire(**changes))


def answer(revision: int, **changes: Any) -> bytes:
    """A member's move: it calls nobody."""
    said = {"state": "acknowledged", "move": "acknowledge", "pages": False, "member": "ann"}
    return wire(revision=revision, **{**said, **changes})


def closing(revision: int, **changes: Any) -> bytes:
    return answer(revision, state="closed", move="close", **changes)


@dataclass
class Desk:
    """One partition before a decision, and what is decided."""

    standing: Standing = field(default_factory=Standing)
    plan: Deployment = field(default_factory=lambda: deployment(FILE))

    def announce(self, *values: bytes) -> Desk:
        for value in values:
            self.standing.announce(value)
        return self

    def sent(self, route: Route, revision: int, at: float, *, of: str = "1f0c") -> Desk:
        content = self.standing.alerts[of][revision].sha256
        entry = Entry(outcome=Outcome.SENT, at=at, sha256=content)
        self.standing.ledger.note(Key(route, of, revision), entry)
        return self

    def sends(self, route: Route, hour: float = 0) -> list[tuple[str, int]]:
        work = due(self.standing, self.plan, route, hour)
        return [(each.alert.id, each.alert.revision) for each in work.send]

    def notes(self, route: Route, hour: float = 0) -> list[tuple[int, str]]:
        work = due(self.standing, self.plan, route, hour)
        return [(key.revision, entry.outcome.value) for key, entry in work.note]

    def notice(self, route: Route = BOARD, hour: float = 0) -> Notice:
        (notice,) = due(self.standing, self.plan, route, hour).send
        return notice
