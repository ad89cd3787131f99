"""Renders notifications for the sinks: one line of text, without markup or control characters."""

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
"""Allowed besides letters and digits.  Other characters in a term could mention a group in a chat,
be rendered as markup by a mail reader, or send escape sequences to a terminal."""

ROUTING_LABELS = ("study", "kind", "watch", "level")
"""Alert fields that become Alertmanager labels, for routing in the closed zone.

Terms are annotations, not labels."""


def notification_view(notification: Notification, secret: bytes) -> BlindedReport | UnblindedReport:
    """The view of *notification* that its audience may see."""
    return view_for(
        notification.alert,
        audience=notification.audience,
        sink=notification.route.sink,
        page=notification.page.revision,
        secret=secret,
    )


def json_body(notification: Notification, *, secret: bytes, link: str) -> bytes:
    """Render *notification* as one line of ASCII JSON.

    The bytes do not depend on the time of sending, so a resend repeats them exactly.
    """
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
    """The key by which a receiver removes duplicates of *notification*."""
    view = notification_view(notification, secret)
    return (view.report if isinstance(view, UnblindedReport) else view).key


def text_message(notification: Notification, *, secret: bytes, link: str) -> str:
    """The text of a mail, chat message or page: one line, followed by the link if there is one."""
    view = notification_view(notification, secret)
    report = view.report if isinstance(view, UnblindedReport) else view
    return " ".join([summary_text(view), *([link.replace("{ref}", report.ref)] if link else [])])


def summary_text(view: BlindedReport | UnblindedReport) -> str:
    """One sentence for *view*; without study, term and level where the view is blinded."""
    if isinstance(view, BlindedReport):
        return EVENT_TEXTS[view.event]
    fields = view.alert.fields
    level_and_study = f"{sanitize(fields.get('level', ''))} in {sanitize(fields.get('study', ''))}"
    watch_and_term = f"{sanitize(fields.get('watch', ''))}, {sanitize(fields.get('term', ''))}"
    return (
        f"{level_and_study}: {watch_and_term} ({view.alert.state}, revision {view.alert.revision})."
    )


def sanitize(value: object) -> str:
    r"""*value* as text on one line, at most ``TEXT_MAX`` characters long.

    Characters that are neither alphanumeric nor in ``ALLOWED_CHARACTERS`` are replaced.

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
    """The Alertmanager alerts to post for *notification* at *now* (seconds since 1970).

    Each page is an Alertmanager alert of its own, so that a rise of the level notifies again: the
    earlier pages are resolved, and the current one fires until ``notification.ends_at(now)``.
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
    """One alert of the Alertmanager API v2 for the revision *page*.

    *ends_at* and *now* are in seconds since 1970.
    """
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
    """Annotations of an unblinded alert besides the summary."""
    return {
        name: sanitize(fields[name])
        for name in ("term", "e_value", "state", "revision")
        if fields.get(name) is not None
    }


def rfc3339(seconds: float) -> str:
    """*seconds* since 1970 as an RFC 3339 timestamp in UTC with milliseconds.

    >>> rfc3339(0.25)
    '1970-01-01T00:00:00.250Z'
    """
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
