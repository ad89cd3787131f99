"""Writes a notice for a sink: every text on one line, and nothing in it that steers a reader."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.notification.blinding import Event, Opened, Report, page_ref, seen
from alerts.notification.due import Notice
from alerts.notification.published import Announced

TITLE = "Tocsin"
ALERT_NAME = "TocsinReport"

SAYS = {
    Event.READY: "A report is ready.",
    Event.UPDATED: "A report was updated.",
    Event.CLOSED: "A report was closed.",
}

TEXT_MAX = 256
WELCOME = frozenset(" -,.()/'+%")
"""Beside letters and digits.  A term with other signs could mention a group in a chat, be marked
up by a mail reader, or write over a terminal."""

LABELS = ("study", "kind", "watch", "level")
"""What an Alertmanager of the closed zone may route by; terms are no labels."""


def opened(notice: Notice, secret: bytes) -> Report | Opened:
    """What the audience of *notice* sees."""
    return seen(
        notice.alert,
        audience=notice.audience,
        sink=notice.route.sink,
        page=notice.page.revision,
        secret=secret,
    )


def body(notice: Notice, *, secret: bytes, link: str) -> bytes:
    """One JSON object in ASCII on one line, the same whenever it is sent."""
    view = opened(notice, secret)
    report = view.report if isinstance(view, Opened) else view
    told: dict[str, Any] = {
        "audience": report.audience,
        "event": report.event.value,
        "key": report.key,
        "page": report.page,
        "ref": report.ref,
        "text": text(view),
    }
    if link:
        told["link"] = link.replace("{ref}", report.ref)
    if isinstance(view, Opened):
        told["alert"] = dict(view.alert.said)
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode("ascii")


def key(notice: Notice, secret: bytes) -> str:
    """What a receiver knows *notice* by, however often it comes."""
    view = opened(notice, secret)
    return (view.report if isinstance(view, Opened) else view).key


def message(notice: Notice, *, secret: bytes, link: str) -> str:
    """The text of a mail, a chat line or a page: one line, and the link."""
    view = opened(notice, secret)
    report = view.report if isinstance(view, Opened) else view
    return " ".join([text(view), *([link.replace("{ref}", report.ref)] if link else [])])


def text(view: Report | Opened) -> str:
    """What *view* says in words."""
    if isinstance(view, Report):
        return SAYS[view.event]
    said = view.alert.said
    where = f"{clean(said.get('level', ''))} in {clean(said.get('study', ''))}"
    what = f"{clean(said.get('watch', ''))}, {clean(said.get('term', ''))}"
    return f"{where}: {what} ({view.alert.state}, revision {view.alert.revision})."


def clean(value: object) -> str:
    r"""*value* on one line, without signs that mean something to a reader.

    >>> clean("<!channel> Rash").count("\N{REPLACEMENT CHARACTER}")
    3
    """
    return "".join(
        one if one.isalnum() or one in WELCOME else "\N{REPLACEMENT CHARACTER}"
        for one in str(value)[:TEXT_MAX]
    )


def alertmanager(notice: Notice, *, secret: bytes, link: str, hour: float) -> list[dict[str, Any]]:
    """What to post of *notice* at *hour*: the call that rings or ends, and those before it.

    Each call is an alert of its own there, so that a rise rings anew.
    """
    posts = [post(notice, each, hour, secret, link, ends=hour) for each in notice.ended]
    return [*posts, post(notice, notice.page, hour, secret, link, ends=notice.ends(hour))]


def post(
    notice: Notice, page: Announced, hour: float, secret: bytes, link: str, *, ends: float
) -> dict[str, Any]:
    """The call that *page* made, as the API takes it."""
    view = opened(notice, secret)
    report = view.report if isinstance(view, Opened) else view
    labels = {
        "alertname": ALERT_NAME,
        "audience": report.audience,
        "page": page_ref(secret, page.id, page.revision),
        "ref": report.ref,
    }
    annotations: dict[str, str] = {"summary": SAYS[Event.READY]}
    if isinstance(view, Opened):
        labels |= {name: clean(page.said[name]) for name in LABELS if page.said.get(name)}
        annotations = {"summary": text(view), **details(view.alert.said)}
    told: dict[str, Any] = {
        "labels": labels,
        "annotations": annotations,
        "startsAt": stamp(min(notice.since, ends, hour)),
        "endsAt": stamp(ends),
    }
    return {**told, "generatorURL": link.replace("{ref}", report.ref)} if link else told


def details(said: Mapping[str, Any]) -> dict[str, str]:
    """What an open annotation tells besides the summary."""
    return {
        name: clean(said[name])
        for name in ("term", "e_value", "state", "revision")
        if said.get(name) is not None
    }


def stamp(hour: float) -> str:
    """*hour*, seconds since 1970, as RFC 3339.

    >>> stamp(0.25)
    '1970-01-01T00:00:00.250Z'
    """
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=hour)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
