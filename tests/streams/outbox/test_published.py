"""The topic of the alerts as whoever watches reads it."""

from __future__ import annotations

from dataclasses import asdict

import orjson

from streams.outbox.published import AlertFeed
from tests.alerts.notification.published_alerts import FIRST_REVISION
from tests.streams.list_log import ListLog

ALERT_FIELDS = asdict(FIRST_REVISION) | {"hypothetical": False}


async def test_what_is_no_alert_keeps_nobody_from_watching():
    """Nothing is ever taken off the topic: an older version's message, or another's, stays."""
    log = ListLog()
    for said in (
        ALERT_FIELDS,
        {**ALERT_FIELDS, "state": "pondered"},
        {"id": "1f0c"},
        [],
        {**ALERT_FIELDS, "new": 1},
    ):
        log.append(orjson.dumps(said))
    log.append(b"hello")
    log.append(None)
    log.append(orjson.dumps(ALERT_FIELDS | {"revision": 2}))
    announced = AlertFeed([log])

    assert [alert.revision for alert in await announced.read_new()] == [1, 2]
    assert (announced.unreadable, await announced.read_new()) == (6, [])
