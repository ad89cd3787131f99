"""Reads the alert topic as subscribers read it."""

from __future__ import annotations

from dataclasses import asdict

import orjson

from streams.outbox.published import AlertFeed
from tests.alerts.notification.published_alerts import FIRST_REVISION
from tests.streams.list_log import ListLog

ALERT_FIELDS = asdict(FIRST_REVISION) | {"hypothetical": False}


async def test_messages_that_are_not_alerts_are_skipped_and_counted():
    """The topic keeps every message, also those of other versions and other programs."""
    log = ListLog()
    for message in (
        ALERT_FIELDS,
        {**ALERT_FIELDS, "state": "pondered"},
        {"id": "1f0c"},
        [],
        {**ALERT_FIELDS, "new": 1},
    ):
        log.append(orjson.dumps(message))
    log.append(b"hello")
    log.append(None)
    log.append(orjson.dumps(ALERT_FIELDS | {"revision": 2}))
    feed = AlertFeed([log])

    assert [alert.revision for alert in await feed.read_new()] == [1, 2]
    assert (feed.unreadable, await feed.read_new()) == (6, [])
