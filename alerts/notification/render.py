"""Writes a notice for a sink: every text on one line, and nothing in it that steers a reader."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.notification.blinding import (
    BlindedReport,
    ReportEvent,
    UnblindedReport,
    page_pseudonym,
    view_for,
)
from alerts.notification.due import Notification
from alerts.notification.published import PublishedAlert

TITLE = "Tocsin"
ALERT_NAME = "TocsinReport"

EVENT_TEXTS = {
    ReportEvent.READY: "A report is ready.",
    ReportEvent.UPDATED: "A report was updated.",
    ReportEvent.CLOSED: "A report was closed.",
}

TEXT_MAX = 256
ALLOWED_CHARACTERS = frozenset(" -,.()/'+%")
"""Beside letters and digits.  A term with other signs could mention a group in a chat, be marked
up by a mail reader, or write over a terminal."""

ROUTING_LABELS = ("study", "kind", "watch", "level")
"""What an Alertmanager of the closed zone may route by; terms are no labels."""


def notification_view(notification: Notification, secret: bytes) -> BlindedReport | UnblindedReport:
    """What the audience of *notice* sees."""
    return view_for(
        notification.alert,
        audience=notification.audience,
        sink=notification.route.sink,
        page=notification.page.revision,
        secret=secret,
    )


def json_body(notification: Notification, *, secret: bytes, link: str) -> bytes:
    """One JSON object in ASCII on one line, the same whenever it is sent."""
    view = notification_view(notification, secret)
    report = view.report if isinstance(view, UnblindedReport) else view
    document: dict[str, Any] = {
        "audience": report.audience,
        "event": report.event.value,
        "key": report.key,
        "page": report.page,
        "ref": report.ref,
        "text": summary_text(view),
    }
    if link:
        document["link"] = link.replace("{ref}", report.ref)
    if isinstance(view, UnblindedReport):
        document["alert"] = dict(view.alert.fields)
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode("ascii")


def idempotency_key(notification: Notification, secret: bytes) -> str:
    """What a receiver knows *notice* by, however often it comes."""
    view = notification_view(notification, secret)
    return (view.report if isinstance(view, UnblindedReport) else view).key


def text_message(notification: Notification, *, secret: bytes, link: str) -> str:
    """The text of a mail, a chat line or a page: one line, and the link."""
    view = notification_view(notification, secret)
    report = view.report if isinstance(view, UnblindedReport) else view
    return " ".join([summary_text(view), *([link.replace("{ref}", report.ref)] if link else [])])


def summary_text(view: BlindedReport | UnblindedReport) -> str:
    """What *view* says in words."""
    if isinstance(view, BlindedReport):
        return EVENT_TEXTS[view.event]
    fields = view.alert.fields
    level_and_study = f"{sanitize(fields.get('level', ''))} in {sanitize(fields.get('study', ''))}"
    watch_and_term = f"{sanitize(fields.get('watch', ''))}, {sanitize(fields.get('term', ''))}"
    return (
        f"{level_and_study}: {watch_and_term} ({view.alert.state}, revision {view.alert.revision})."
    )


def sanitize(value: object) -> str:
    r"""*value* on one line, without signs that mean something to a reader.

    >>> sanitize("<!channel> Rash").count("\N{REPLACEMENT CHARACTER}")
    3
    """
    return "".join(
        one if one.isalnum() or one in ALLOWED_CHARACTERS else "\N{REPLACEMENT CHARACTER}"
        for one in str(value)[:TEXT_MAX]
    )


def alertmanager_alerts(
    notification: Notification, *, secret: bytes, link: str, now: float
) -> list[dict[str, Any]]:
    """What to post of *notice* at *hour*: the call that rings or ends, and those before it.

    Each call is an alert of its own there, so that a rise rings anew.
    """
    resolved = [
        alertmanager_alert(notification, each, now, secret, link, ends_at=now)
        for each in notification.resolved
    ]
    return [
        *resolved,
        alertmanager_alert(
            notification, notification.page, now, secret, link, ends_at=notification.ends_at(now)
        ),
    ]


def alertmanager_alert(
    notification: Notification,
    page: PublishedAlert,
    now: float,
    secret: bytes,
    link: str,
    *,
    ends_at: float,
) -> dict[str, Any]:
    """The call that *page* made, as the API takes it."""
    view = notification_view(notification, secret)
    report = view.report if isinstance(view, UnblindedReport) else view
    labels = {
        "alertname": ALERT_NAME,
        "audience": report.audience,
        "page": page_pseudonym(secret, page.id, page.revision),
        "ref": report.ref,
    }
    annotations: dict[str, str] = {"summary": EVENT_TEXTS[ReportEvent.READY]}
    if isinstance(view, UnblindedReport):
        labels |= {
            name: sanitize(page.fields[name]) for name in ROUTING_LABELS if page.fields.get(name)
        }
        annotations = {"summary": summary_text(view), **annotation_details(view.alert.fields)}
    document: dict[str, Any] = {
        "labels": labels,
        "annotations": annotations,
        "startsAt": rfc3339(min(notification.first_sent_at, ends_at, now)),
        "endsAt": rfc3339(ends_at),
    }
    return {**document, "generatorURL": link.replace("{ref}", report.ref)} if link else document


def annotation_details(fields: Mapping[str, Any]) -> dict[str, str]:
    """What an open annotation tells besides the summary."""
    return {
        name: sanitize(fields[name])
        for name in ("term", "e_value", "state", "revision")
        if fields.get(name) is not None
    }


def rfc3339(seconds: float) -> str:
    """*hour*, seconds since 1970, as RFC 3339.

    >>> rfc3339(0.25)
    '1970-01-01T00:00:00.250Z'
    """
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
