"""The topic of the alerts as whoever watches reads it."""

from __future__ import annotations

from dataclasses import asdict

import orjson

from streams.outbox.published import Announced
from tests.alerts.notification.published_alerts import SAID
from tests.streams.list_log import KeptLog

WHOLE = asdict(SAID) | {"hypothetical": False}


async def test_what_is_no_alert_keeps_nobody_from_watching():
    """Nothing is ever taken off the topic: an older version's message, or another's, stays."""
    log = KeptLog()
    for said in (WHOLE, {**WHOLE, "state": "pondered"}, {"id": "1f0c"}, [], {**WHOLE, "new": 1}):
        log.append(orjson.dumps(said))
    log.append(b"hello")
    log.append(None)
    log.append(orjson.dumps(WHOLE | {"revision": 2}))
    announced = Announced([log])

    assert [alert.revision for alert in await announced.new()] == [1, 2]
    assert (announced.unreadable, await announced.new()) == (6, [])
