"""ProDERM's thromboembolic alert from its first record to a store that was lost, all of it real."""

from __future__ import annotations

import asyncio

import pytest

from streams.local.alertmanager_server import AlertmanagerServer
from tests.contract import deliverers
from tests.contract.alert_lifecycle import (
    RECORDS_TO_RAISE,
    RECORDS_TO_SIGNAL,
    check_notification_log,
    check_notified_once,
    lose_store_and_recover,
    review_and_close,
)
from tests.contract.live_system import ALERTMANAGER_CONFIG, LiveSystem, idempotency_key
from tests.contract.workers import WorkerSite
from tests.streams.sinks.webhook_receiver import WebhookReceiver

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


async def test_an_alert_lives_its_life_and_a_lost_store_tells_nobody_again(
    delivery: deliverers.DelivererSite, site: WorkerSite, alertmanager_program: str
):
    """Raised, risen, reviewed, reopened, closed: told once; Redis is lost: all is as it was."""
    async with WebhookReceiver().open() as pager, WebhookReceiver().open() as ward:
        with AlertmanagerServer(
            site.folder / "bell", ALERTMANAGER_CONFIG.format(url=ward.url)
        ) as bell:
            life = LiveSystem(site, delivery, bell, pager, ward)
            await asyncio.to_thread(run_whole_life, life)


def run_whole_life(life: LiveSystem) -> None:
    """The whole life, the loss, and what is left of both."""
    life.delivery.configure(hook=life.pager.url, alertmanager=life.alertmanager.url)
    deliverer = life.delivery.start()
    with life.site.running() as worker:
        life.delivery.wait_ready(deliverer)
        life.produce(RECORDS_TO_RAISE)
        life.wait_for_revision(1)
        assert life.pager.keys.count(idempotency_key("pager", 1)) == 1
        life.produce(RECORDS_TO_SIGNAL)
        life.wait_for_revision(2)
        review_and_close(life)
        lose_store_and_recover(life)
        assert (deliverer.stop(), worker.stop()) == (0, 0), deliverer.output + worker.output
    check_notified_once(life, 3)
    check_notification_log(life)
