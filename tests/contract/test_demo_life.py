"""ProDERM through `tocsin demo`, as a newcomer may live it: it rings outside, and is answered."""

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
"""So fast the part of the log that the demo plays lasts sixteen seconds."""


async def test_an_alert_of_the_demo_is_told_answered_reopened_and_closed_and_a_lost_store_is_quiet(
    redis_program: str, alertmanager_program: str, tmp_path: Path
):
    """A real Alertmanager and a real receiver hear each revision once, from the demo's deliverer.

    Members act and the follow-up comes from another terminal, by the line of exports that the
    demo shows.  Its Redis is wiped: all is as it was, and nobody is told again.
    """
    async with WebhookReceiver().open() as pager, WebhookReceiver().open() as ward:
        with AlertmanagerServer(
            tmp_path / "bell", ALERTMANAGER_CONFIG.format(url=ward.url)
        ) as bell:
            sinks = {"hook": pager.url, "alertmanager": bell.url, "sinks": '"pager", "bell"'}
            ledger = DemoDelivererSite("", tmp_path)
            ledger.write_delivery_file(DELIVERY_FILE.format(**sinks))
            (tmp_path / "log.jsonl").write_bytes(b"\n".join(PRODERM[:RECORDS_TO_SIGNAL]))
            words = [tmp_path / "log.jsonl", "--deliver", tmp_path / "delivery.toml"]
            with running_demo(tmp_path, *words, "--speed", SPEED) as demo:
                settings = demo.exported_settings()
                ledger.broker = settings["BROKER"]
                line = DemoSite(settings["BROKER"], settings["STORE"], tmp_path, settings=settings)
                home = partition_of(STUDY, int(settings["LOG_PARTITIONS"]))
                life = LiveSystem(
                    line,
                    ledger,
                    bell,
                    pager,
                    ward,
                    partition=home,
                    has_bus=False,
                    records_sent=RECORDS_TO_SIGNAL,
                )
                await asyncio.to_thread(run_whole_life, life, demo)


def run_whole_life(life: LiveSystem, demo: Demo) -> None:
    """The whole life, the loss, and what is left of both; then Ctrl-C, and nothing is."""
    life.wait_for_revision(1)
    life.wait_for_revision(2)
    demo.wait_until_log_ends()
    review_and_close(life)
    lose_store_and_recover(life)
    check_notified_once(life, 3)
    check_notification_log(life)
    assert shown_revisions(demo) == {
        f"{SIGNAL_ALERT_ID} rev {each}": 1 for each in range(1, LAST_REVISION + 1)
    }
    assert demo.interrupt() == 0, demo.output
    assert "Traceback" not in demo.output and list(demo.folder.iterdir()) == []


def shown_revisions(demo: Demo) -> Counter[str]:
    """How often the demo showed each revision of the alert."""
    return Counter(re.findall(rf"alert ({SIGNAL_ALERT_ID} rev \d+)", demo.output))
