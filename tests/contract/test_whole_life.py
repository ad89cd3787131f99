"""ProDERM's thromboembolic alert from its first record to a lost store, on real services."""

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


async def test_an_alert_is_notified_once_although_its_store_is_lost(
    delivery: deliverers.DelivererSite, site: WorkerSite, alertmanager_program: str
):
    """Every revision from raised to closed is notified once, also after Redis lost its data."""
    async with WebhookReceiver().open() as pager, WebhookReceiver().open() as alertmanager_receiver:
        with AlertmanagerServer(
            site.folder / "bell", ALERTMANAGER_CONFIG.format(url=alertmanager_receiver.url)
        ) as alertmanager:
            system = LiveSystem(site, delivery, alertmanager, pager, alertmanager_receiver)
            await asyncio.to_thread(run_lifecycle, system)


def run_lifecycle(system: LiveSystem) -> None:
    """Produce and review the alert, lose the store, and check notifications and their log."""
    system.delivery.configure(hook=system.pager.url, alertmanager=system.alertmanager.url)
    deliverer = system.delivery.start()
    with system.site.running() as worker:
        system.delivery.wait_ready(deliverer)
        system.produce(RECORDS_TO_RAISE)
        system.wait_for_revision(1)
        assert system.pager.keys.count(idempotency_key("pager", 1)) == 1
        system.produce(RECORDS_TO_SIGNAL)
        system.wait_for_revision(2)
        review_and_close(system)
        lose_store_and_recover(system)
        assert (deliverer.stop(), worker.stop()) == (0, 0), deliverer.output + worker.output
    check_notified_once(system, 3)
    check_notification_log(system)
