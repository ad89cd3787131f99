"""Restricts what an audience sees of an alert: by default only that a report exists.

The existence of an alert can itself unblind.  Blinded audiences are notified only of events that do
not depend on the treatment allocation.
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
"""Findings that a member's review can cause; their existence shows that there is an alert."""


class ReportEvent(StrEnum):
    """What happened to a report, without any content of the trial."""

    READY = "report.ready"
    UPDATED = "report.updated"
    CLOSED = "report.closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindedReport:
    """A notification without study, arm, term or number, for sinks that others may read.

    *ref*, *page* and *key* are pseudonyms of the alert, of its latest page and of this
    notification.
    """

    audience: str
    event: ReportEvent
    ref: str
    page: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnblindedReport:
    """A blinded report together with the alert itself, for the closed zone only."""

    report: BlindedReport
    alert: PublishedAlert


def visible_revisions(audience: Audience, revisions: Revisions) -> Revisions:
    """The *revisions* of an alert of which *audience* may be notified.

    A blinded audience is notified when an alert is raised, and of no later revision.  Members know
    the treatments, so their moves, and what follows from them (a reopened decision, a closed alert
    whose level no longer rises), could unblind.
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
    """The view of *alert* for *audience*.

    *page* is the latest revision that pages; *secret* is the HMAC key of the pseudonyms.
    """
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
    """HMAC-SHA256 of *name* under *secret*, truncated to ``REF_DIGITS`` hexadecimal digits.

    An alert's id is a hash of study, watch and episode.  These have so few values that all
    candidate ids can be hashed in a third of a second; the secret key prevents this.

    >>> pseudonym(b"secret", "1f0c") == pseudonym(b"secret", "1f0c") != pseudonym(b"other", "1f0c")
    True
    """
    return hmac.new(secret, name.encode(), sha256).hexdigest()[:REF_DIGITS]


def page_pseudonym(secret: bytes, alert: str, revision: int) -> str:
    """Pseudonym of one page; an Alertmanager notifies again when this label changes."""
    return pseudonym(secret, f"page|{alert}|{revision}")
