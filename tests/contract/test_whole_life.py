"""ProDERM's thromboembolic alert from its first record to a store that was lost, all of it real."""

from __future__ import annotations

import asyncio

import pytest

from streams.local.alertmanager_server import AlertmanagerServer
from tests.contract import deliverers
from tests.contract.alert_lives import RISEN, RUNG, agreed, answered, each_was_told_once, lost
from tests.contract.demo_life import HOOKED, Life, key
from tests.contract.workers import Site
from tests.streams.sinks.webhook_receiver import Receiver

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


async def test_an_alert_lives_its_life_and_a_lost_store_tells_nobody_again(
    delivery: deliverers.Site, site: Site, alertmanager_program: str
):
    """Raised, risen, reviewed, reopened, closed: told once; Redis is lost: all is as it was."""
    async with Receiver().open() as pager, Receiver().open() as ward:
        with AlertmanagerServer(site.folder / "bell", HOOKED.format(url=ward.url)) as bell:
            life = Life(site, delivery, bell, pager, ward)
            await asyncio.to_thread(whole, life)


def whole(life: Life) -> None:
    """The whole life, the loss, and what is left of both."""
    life.delivery.describe(hook=life.pager.url, alertmanager=life.bell.url)
    deliverer = life.delivery.start()
    with life.site.running() as worker:
        life.delivery.ready(deliverer)
        life.produce(RUNG)
        life.hear(1)
        assert life.pager.keys.count(key("pager", 1)) == 1
        life.produce(RISEN)
        life.hear(2)
        answered(life)
        lost(life)
        assert (deliverer.end(), worker.end()) == (0, 0), deliverer.words + worker.words
    each_was_told_once(life, 3)
    agreed(life)
