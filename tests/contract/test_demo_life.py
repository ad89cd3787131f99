"""A ProDERM alert in `tocsin demo`: notified, reviewed, reopened and closed."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path

import pytest

from streams.kafka.partitioner import partition_of
from streams.local.alertmanager_server import AlertmanagerServer
from tests.contract.alert_lifecycle import (
    LAST_REVISION,
    RECORDS_TO_SIGNAL,
    check_notification_log,
    check_notified_once,
    lose_store_and_recover,
    review_and_close,
)
from tests.contract.deliverers import DELIVERY_FILE
from tests.contract.demos import Demo, DemoDelivererSite, DemoSite, running_demo
from tests.contract.live_system import ALERTMANAGER_CONFIG, LiveSystem
from tests.streams.processor.processors import PRODERM, STUDY
from tests.streams.reviewed_log import SIGNAL_ALERT_ID
from tests.streams.sinks.webhook_receiver import WebhookReceiver

pytestmark = pytest.mark.redis

SPEED = "4000000x"
"""At this speed the part of the log that the demo produces lasts sixteen seconds."""


@pytest.mark.campaign
async def test_a_demo_alert_is_notified_reviewed_reopened_and_closed_and_survives_a_lost_store(
    redis_program: str, alertmanager_program: str, tmp_path: Path
):
    """The demo's deliverer notifies a real Alertmanager and a real receiver once per revision.

    Reviews and the follow-up come from another terminal, with the settings that the demo prints.
    After its Redis is wiped the rows are rebuilt, and no notification is repeated.
    """
    async with WebhookReceiver().open() as pager, WebhookReceiver().open() as receiver:
        with AlertmanagerServer(
            tmp_path / "bell", ALERTMANAGER_CONFIG.format(url=receiver.url)
        ) as alertmanager:
            sinks = {
                "hook": pager.url,
                "alertmanager": alertmanager.url,
                "sinks": '"pager", "bell"',
            }
            deliverer_site = DemoDelivererSite("", tmp_path)
            deliverer_site.write_delivery_file(DELIVERY_FILE.format(**sinks))
            (tmp_path / "log.jsonl").write_bytes(b"\n".join(PRODERM[:RECORDS_TO_SIGNAL]))
            arguments = [tmp_path / "log.jsonl", "--deliver", tmp_path / "delivery.toml"]
            with running_demo(tmp_path, *arguments, "--speed", SPEED) as demo:
                settings = demo.exported_settings()
                deliverer_site.broker = settings["BROKER"]
                site = DemoSite(settings["BROKER"], settings["STORE"], tmp_path, settings=settings)
                partition = partition_of(STUDY, int(settings["LOG_PARTITIONS"]))
                system = LiveSystem(
                    site,
                    deliverer_site,
                    alertmanager,
                    pager,
                    receiver,
                    partition=partition,
                    has_bus=False,
                    records_sent=RECORDS_TO_SIGNAL,
                )
                await asyncio.to_thread(run_whole_life, system, demo)


def run_whole_life(system: LiveSystem, demo: Demo) -> None:
    """Check the life of the alert and the loss of the store; then interrupt the demo."""
    system.wait_for_revision(1)
    system.wait_for_revision(2)
    demo.wait_until_log_ends()
    review_and_close(system)
    lose_store_and_recover(system)
    check_notified_once(system, 3)
    check_notification_log(system)
    assert shown_revisions(demo) == {
        f"{SIGNAL_ALERT_ID} rev {each}": 1 for each in range(1, LAST_REVISION + 1)
    }
    assert demo.interrupt() == 0, demo.output
    assert "Traceback" not in demo.output and list(demo.folder.iterdir()) == []


def shown_revisions(demo: Demo) -> Counter[str]:
    """Return how often the demo showed each revision of the alert."""
    return Counter(re.findall(rf"alert ({SIGNAL_ALERT_ID} rev \d+)", demo.output))
