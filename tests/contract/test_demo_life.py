"""ProDERM through `tocsin demo`, as a newcomer may live it: it rings outside, and is answered."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path

import pytest

from streams.kafka.partitioner import partition_of
from streams.local.alertmanager_server import AlertmanagerServer
from tests.contract.alert_lives import LAST, RISEN, agreed, answered, each_was_told_once, lost
from tests.contract.deliverers import FILE
from tests.contract.demo_life import HOOKED, Life
from tests.contract.demos import Demo, Ledger, Line, running
from tests.streams.processor.processors import PRODERM, STUDY
from tests.streams.reviewed_log import SIGNAL
from tests.streams.sinks.webhook_receiver import Receiver

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
    async with Receiver().open() as pager, Receiver().open() as ward:
        with AlertmanagerServer(tmp_path / "bell", HOOKED.format(url=ward.url)) as bell:
            sinks = {"hook": pager.url, "alertmanager": bell.url, "sinks": '"pager", "bell"'}
            ledger = Ledger("", tmp_path)
            ledger.write(FILE.format(**sinks))
            (tmp_path / "log.jsonl").write_bytes(b"\n".join(PRODERM[:RISEN]))
            words = [tmp_path / "log.jsonl", "--deliver", tmp_path / "delivery.toml"]
            with running(tmp_path, *words, "--speed", SPEED) as demo:
                settings = demo.exported()
                ledger.broker = settings["BROKER"]
                line = Line(settings["BROKER"], settings["STORE"], tmp_path, settings=settings)
                home = partition_of(STUDY, int(settings["LOG_PARTITIONS"]))
                life = Life(line, ledger, bell, pager, ward, home=home, bus=False, sent=RISEN)
                await asyncio.to_thread(whole, life, demo)


def whole(life: Life, demo: Demo) -> None:
    """The whole life, the loss, and what is left of both; then Ctrl-C, and nothing is."""
    life.hear(1)
    life.hear(2)
    demo.stays()
    answered(life)
    lost(life)
    each_was_told_once(life, 3)
    agreed(life)
    assert shown(demo) == {f"{SIGNAL} rev {each}": 1 for each in range(1, LAST + 1)}
    assert demo.interrupt() == 0, demo.words
    assert "Traceback" not in demo.words and list(demo.folder.iterdir()) == []


def shown(demo: Demo) -> Counter[str]:
    """How often the demo showed each revision of the alert."""
    return Counter(re.findall(rf"alert ({SIGNAL} rev \d+)", demo.words))
