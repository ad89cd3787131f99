"""What an audience may see of an alert: by default that there is a report, and nothing of it.

To the blinded even that it is there may say too much: what they hear of is what would be the same
had other subjects had the other treatment.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from alerts.detection.findings import Finding
from alerts.lifecycle import Move
from alerts.notification.audiences import Audience, Sees
from alerts.notification.notification_log import Key, Route
from alerts.notification.published import Announced

REF_DIGITS = 32

Revisions = Mapping[int, Announced]

MADE_BY_MEMBERS = frozenset({Finding.CONFLICT.watch, Finding.QUARANTINED.watch})
"""Findings that a member's record can make: nobody reviews where there is no alert."""


class Event(StrEnum):
    """What happened, in words that say nothing of the trial."""

    READY = "report.ready"
    UPDATED = "report.updated"
    CLOSED = "report.closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An alert for ways that others may read.  It has no field that could tell of the arms.

    *ref* names the alert, *page* the last call that was made for it, *key* this notification.
    """

    audience: str
    event: Event
    ref: str
    page: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The same report with the alert itself, for the closed zone."""

    report: Report
    alert: Announced


def heard(audience: Audience, revisions: Revisions) -> Revisions:
    """The *revisions* of an alert that *audience* is told of at all.

    The blinded hear that something began in which no treatment has a part, and of nothing that
    follows: members know the treatments, so what they do tells of them, and so does what comes
    of it (a decision reopened, a closed alert that does not rise).
    """
    if not audience.blinded:
        return revisions
    return {
        number: alert
        for number, alert in revisions.items()
        if alert.move == Move.RAISE and alert.watch not in MADE_BY_MEMBERS
    }


def seen(
    alert: Announced, *, audience: Audience, sink: str, page: int, secret: bytes
) -> Report | Opened:
    """What *audience* sees of *alert*, whose last call was revision *page*."""
    event = Event.CLOSED if alert.over else Event.READY if alert.pages else Event.UPDATED
    key = Key(Route(audience.name, sink), alert.id, alert.revision)
    report = Report(
        audience=audience.name,
        event=event,
        ref=ref(secret, alert.id),
        page=page_ref(secret, alert.id, page),
        key=ref(secret, key.wire().decode()),
    )
    return Opened(report=report, alert=alert) if audience.sees is Sees.ALERT else report


def ref(secret: bytes, name: str) -> str:
    """*name* for whoever has no right to it.

    An alert's id is computed from its study, watch and episode: there are so few of those that
    all candidate ids hash in a third of a second.  Without *secret* nobody can do that here.

    >>> ref(b"secret", "1f0c") == ref(b"secret", "1f0c") != ref(b"other", "1f0c")
    True
    """
    return hmac.new(secret, name.encode(), sha256).hexdigest()[:REF_DIGITS]


def page_ref(secret: bytes, alert: str, revision: int) -> str:
    """The name of one call: an Alertmanager rings anew where it changes."""
    return ref(secret, f"page|{alert}|{revision}")
