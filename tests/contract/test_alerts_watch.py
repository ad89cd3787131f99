"""Tests of `tocsin alerts watch` on a terminal, with an open demo."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from streams.kafka.partitioner import partition_of
from tests.alerts.notification.published_alerts import alert_bytes
from tests.contract.alert_lifecycle import OTHER_ALERT_ID, RECORDS_TO_RAISE
from tests.contract.demos import Demo, DemoDelivererSite, DemoSite, running_demo
from tests.contract.terminals import CTRL_C, Terminal, terminal
from tests.streams.processor.processors import PRODERM, STUDY
from tests.streams.reviewed_log import SIGNAL_ALERT_ID

pytestmark = pytest.mark.redis

RECORDS_BEFORE_ALERT = 20
"""This many records of ProDERM raise no alert."""

WATCH = ("alerts", "watch")
MANY_ALERTS = [f"{number:024x}" for number in range(40)]


@dataclass
class OpenDemo:
    """An open demo without an alert yet, and the sites by which other terminals reach it."""

    demo: Demo
    site: DemoSite
    deliverer_site: DemoDelivererSite

    def raise_alerts(self) -> None:
        """Produce the next records, which raise two alerts."""
        partition = partition_of(STUDY, int(self.site.settings["LOG_PARTITIONS"]))
        self.site.send(PRODERM[:RECORDS_TO_RAISE], STUDY, partition)


@pytest.fixture
def open_demo(redis_program: str, tmp_path: Path) -> Iterator[OpenDemo]:
    """An open demo that has folded its log; it ends with the test."""
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(PRODERM[:RECORDS_BEFORE_ALERT]))
    with running_demo(tmp_path, tmp_path / "log.jsonl", "--speed", "max") as demo:
        demo.wait_until_log_ends()
        settings = demo.exported_settings()
        site = DemoSite(settings["BROKER"], settings["STORE"], tmp_path, settings=settings)
        yield OpenDemo(demo, site, DemoDelivererSite(settings["BROKER"], tmp_path))


def screen_line(display: Terminal, alert: str) -> str:
    """Return the only visible line that names *alert*."""
    (match,) = [line for line in display.screen().visible_lines if alert in line]
    return match


def test_alerts_appear_reviews_change_them_and_ctrl_c_restores_the_terminal(
    open_demo: OpenDemo,
):
    """Alerts that await a review come first, one line each; the last screen stays readable.

    An unchanged screen is not drawn again, so that selected text stays selected.
    """
    with terminal(open_demo.site.settings, *WATCH) as display:
        assert not display.wait_for_text("0 of 0 alerts await").cursor
        open_demo.raise_alerts()
        display.wait_for_text("2 of 2 alerts await", f"{SIGNAL_ALERT_ID}:1", f"{OTHER_ALERT_ID}:1")
        assert screen_line(display, SIGNAL_ALERT_ID).startswith("raised ")

        bytes_drawn = len(display.output)
        # While this command runs, the display polls several times.
        assert open_demo.site.tocsin("alerts", "show", SIGNAL_ALERT_ID).returncode == 0
        display.screen()
        assert len(display.output) == bytes_drawn

        move = ("acknowledge", f"{SIGNAL_ALERT_ID}:1", "--member", "board-1", "--reason", "Read.")
        assert open_demo.site.tocsin("alerts", *move).returncode == 0
        screen = display.wait_for_text("1 of 2 alerts await", f"{SIGNAL_ALERT_ID}:2")
        lines = [screen_line(display, each) for each in (OTHER_ALERT_ID, SIGNAL_ALERT_ID)]
        assert lines[1].startswith("acknowledged ") and "board-1" in lines[1]
        assert screen.visible_lines[2:] == lines

        display.press(CTRL_C)
        assert (display.wait_exit(), display.is_restored()) == (0, True)
        assert display.screen().visible_lines == screen.visible_lines


def test_a_small_terminal_does_not_scroll_and_a_dumb_one_prints_every_revision(open_demo: OpenDemo):
    """On twelve rows, awaiting alerts come first, and the heading counts those not shown.

    A terminal without cursor control gets one line for each revision.
    """
    closed = [
        (each, 1, alert_bytes(id=each, state="closed", hypothetical=False)) for each in MANY_ALERTS
    ]
    with (
        terminal(open_demo.site.settings, *WATCH, rows=12, columns=80) as small,
        terminal(open_demo.site.settings, *WATCH, rows=99, columns=160, kind="dumb") as dumb,
    ):
        small.wait_for_text("0 of 0 alerts await")
        open_demo.deliverer_site.publish(*closed)
        small.wait_for_text(f"0 of {len(MANY_ALERTS)} alerts await")
        open_demo.raise_alerts()
        screen = small.wait_for_text(f"2 of {len(MANY_ALERTS) + 2} alerts await", "not shown")
        shown_ids = {line.split()[-1].split(":")[0] for line in screen.visible_lines[2:4]}
        assert shown_ids == {
            SIGNAL_ALERT_ID[:8],
            OTHER_ALERT_ID[:8],
        }  # Shortened to a unique prefix.
        assert (len(screen.visible_lines), screen.scrolled_off) == (11, [])

        dumb.wait_for_text(
            "WATCH",
            f"{SIGNAL_ALERT_ID} rev 1",
            f"{OTHER_ALERT_ID} rev 1",
            f"{MANY_ALERTS[-1]} rev 1",
        )
        assert b"\x1b" not in dumb.output
        for each in (small, dumb):
            each.press(CTRL_C)
            assert each.wait_exit() == 0
        assert small.is_restored()


def test_sigterm_and_a_lost_broker_restore_the_terminal(open_demo: OpenDemo):
    """SIGTERM is exit code 0; a lost broker is exit code 4 and `tocsin doctor` is named."""
    with (
        terminal(open_demo.site.settings, *WATCH) as terminated,
        terminal(open_demo.site.settings, *WATCH) as disconnected,
    ):
        terminated.wait_for_text("0 of 0 alerts await")
        disconnected.wait_for_text("0 of 0 alerts await")
        terminated.process.send_signal(signal.SIGTERM)
        assert (terminated.wait_exit(), terminated.is_restored()) == (0, True)

        assert open_demo.demo.interrupt() == 0
        assert (disconnected.wait_exit(), disconnected.is_restored()) == (4, True)
        assert "`tocsin doctor` shows what is missing" in "".join(
            disconnected.screen().visible_lines
        )
