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

from alerts.detection.findings import DataFinding
from alerts.lifecycle import Move
from alerts.notification.audiences import Audience, Visibility
from alerts.notification.notification_log import NotificationKey, Route
from alerts.notification.published import PublishedAlert

REF_DIGITS = 32

Revisions = Mapping[int, PublishedAlert]

MEMBER_CAUSED_FINDINGS = frozenset({DataFinding.CONFLICT.watch, DataFinding.QUARANTINED.watch})
"""Findings that a member's record can make: nobody reviews where there is no alert."""


class ReportEvent(StrEnum):
    """What happened, in words that say nothing of the trial."""

    READY = "report.ready"
    UPDATED = "report.updated"
    CLOSED = "report.closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindedReport:
    """An alert for ways that others may read.  It has no field that could tell of the arms.

    *ref* names the alert, *page* the last call that was made for it, *key* this notification.
    """

    audience: str
    event: ReportEvent
    ref: str
    page: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnblindedReport:
    """The same report with the alert itself, for the closed zone."""

    report: BlindedReport
    alert: PublishedAlert


def visible_revisions(audience: Audience, revisions: Revisions) -> Revisions:
    """The *revisions* of an alert that *audience* is told of at all.

    The blinded hear that something began in which no treatment has a part, and of nothing that
    follows: members know the treatments, so what they do tells of them, and so does what comes
    of it (a decision reopened, a closed alert that does not rise).
    """
    if not audience.is_blinded:
        return revisions
    return {
        number: alert
        for number, alert in revisions.items()
        if alert.move == Move.RAISE and alert.watch not in MEMBER_CAUSED_FINDINGS
    }


def view_for(
    alert: PublishedAlert, *, audience: Audience, sink: str, page: int, secret: bytes
) -> BlindedReport | UnblindedReport:
    """What *audience* sees of *alert*, whose last call was revision *page*."""
    event = (
        ReportEvent.CLOSED
        if alert.is_closed
        else ReportEvent.READY
        if alert.pages
        else ReportEvent.UPDATED
    )
    key = NotificationKey(Route(audience.name, sink), alert.id, alert.revision)
    report = BlindedReport(
        audience=audience.name,
        event=event,
        ref=pseudonym(secret, alert.id),
        page=page_pseudonym(secret, alert.id, page),
        key=pseudonym(secret, key.encode().decode()),
    )
    return (
        UnblindedReport(report=report, alert=alert)
        if audience.visibility is Visibility.ALERT
        else report
    )


def pseudonym(secret: bytes, name: str) -> str:
    """*name* for whoever has no right to it.

    An alert's id is computed from its study, watch and episode: there are so few of those that
    all candidate ids hash in a third of a second.  Without *secret* nobody can do that here.

    >>> pseudonym(b"secret", "1f0c") == pseudonym(b"secret", "1f0c") != pseudonym(b"other", "1f0c")
    True
    """
    return hmac.new(secret, name.encode(), sha256).hexdigest()[:REF_DIGITS]


def page_pseudonym(secret: bytes, alert: str, revision: int) -> str:
    """The name of one call: an Alertmanager rings anew where it changes."""
    return pseudonym(secret, f"page|{alert}|{revision}")
