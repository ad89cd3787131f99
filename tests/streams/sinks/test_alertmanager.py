"""An Alertmanager's receiver: what it is reminded of goes in parts, and each part by itself."""

from __future__ import annotations

import json
import time

import pytest

from streams.sinks import SinkRefuses
from streams.sinks.alertmanager import POSTED_MAX, Alertmanager
from streams.sinks.http import Poster
from tests.alerts.notification.published_alerts import BELL, Desk, wire
from tests.streams.sinks.test_webhook import STYLE
from tests.streams.sinks.webhook_receiver import Receiver


async def test_a_part_of_a_reminder_that_is_refused_costs_no_other():
    """What is in the other parts would fall silent after a day, which reads as an all-clear."""
    notices = [Desk().announce(wire(id=f"a{n}")).notice(BELL) for n in range(POSTED_MAX + 1)]
    async with Receiver(answers=[400]).open() as receiver:
        sink = Alertmanager(receiver.url, STYLE, time.time, Poster(allow_private=True))
        with pytest.raises(SinkRefuses, match="it answers 400"):
            await sink.remind(notices)
        await sink.close()

    assert [len(json.loads(body)) for body in receiver.bodies] == [POSTED_MAX, 1]
