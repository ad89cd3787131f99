"""Builders for notification tests: alert revisions, a delivery file and a partition's state."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from alerts.alert import Alert
from alerts.notification.audiences import RoutingConfig, parse_routing_config
from alerts.notification.due import DeliveryState, Notification, due_work
from alerts.notification.notification_log import (
    NotificationEntry,
    NotificationKey,
    NotificationOutcome,
    Route,
)
from alerts.notification.published import PublishedAlert, parse_published_alert

BOARD, CHAIR = Route("board", "pager"), Route("chair", "phone")
ALERTMANAGER = Route("board", "bell")

DELIVERY_FILE = """
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

SPONSOR_SECTION = """
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
"""A blinded sponsor audience with its own sink."""

HALF_AN_HOUR = 1800

FIRST_REVISION = Alert(
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


def alert_bytes(**changes: Any) -> bytes:
    """The bytes of an alert revision as published on the alert topic."""
    return orjson.dumps({**asdict(FIRST_REVISION), **changes})


def alert(**changes: Any) -> PublishedAlert:
    """The same revision, parsed."""
    return parse_published_alert(alert_bytes(**changes))


def acknowledgement(revision: int, **changes: Any) -> bytes:
    """A revision made by a member's move, which pages nobody."""
    fields = {"state": "acknowledged", "move": "acknowledge", "pages": False, "member": "ann"}
    return alert_bytes(revision=revision, **{**fields, **changes})


def closure(revision: int, **changes: Any) -> bytes:
    """A revision in which a member closes the alert."""
    return acknowledgement(revision, state="closed", move="close", **changes)


@dataclass
class DeliveryScenario:
    """The published alerts and the notification log of one partition, and what is due."""

    state: DeliveryState = field(default_factory=DeliveryState)
    config: RoutingConfig = field(default_factory=lambda: parse_routing_config(DELIVERY_FILE))

    def publish(self, *values: bytes) -> DeliveryScenario:
        """Add published alert revisions."""
        for value in values:
            self.state.add_published(value)
        return self

    def log_sent(
        self, route: Route, revision: int, at: float, *, of: str = "1f0c"
    ) -> DeliveryScenario:
        """Log that a revision of the alert *of* was sent on *route* at time *at* in seconds."""
        content = self.state.alerts[of][revision].sha256
        entry = NotificationEntry(outcome=NotificationOutcome.SENT, logged_at=at, sha256=content)
        self.state.notification_log.add(NotificationKey(route, of, revision), entry)
        return self

    def due_to_send(self, route: Route, now: float = 0) -> list[tuple[str, int]]:
        """Alert id and revision of each notification that *route* must send at *now*."""
        work = due_work(self.state, self.config, route, now)
        return [(each.alert.id, each.alert.revision) for each in work.send]

    def due_to_log(self, route: Route, now: float = 0) -> list[tuple[int, str]]:
        """Revision and outcome of each entry that *route* only logs at *now*."""
        work = due_work(self.state, self.config, route, now)
        return [(key.revision, entry.outcome.value) for key, entry in work.log_only]

    def due_notification(self, route: Route = BOARD, now: float = 0) -> Notification:
        """The only notification that *route* must send at *now*."""
        (notification,) = due_work(self.state, self.config, route, now).send
        return notification
