"""`tocsin alerts watch` on a terminal, as whoever keeps watch has it before them."""

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
"""So many records of ProDERM ring nothing."""

WATCH = ("alerts", "watch")
MANY_ALERTS = [f"{number:024x}" for number in range(40)]


@dataclass
class OpenDemo:
    """A demo that stays open with nothing rung yet, and how other terminals reach it."""

    demo: Demo
    site: DemoSite
    deliverer_site: DemoDelivererSite

    def raise_alerts(self) -> None:
        """Let the next records come, which ring two alerts."""
        home = partition_of(STUDY, int(self.site.settings["LOG_PARTITIONS"]))
        self.site.send(PRODERM[:RECORDS_TO_RAISE], STUDY, home)


@pytest.fixture
def open_demo(redis_program: str, tmp_path: Path) -> Iterator[OpenDemo]:
    """An open demo, ended on Ctrl-C."""
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(PRODERM[:RECORDS_BEFORE_ALERT]))
    with running_demo(tmp_path, tmp_path / "log.jsonl", "--speed", "max") as demo:
        demo.wait_until_log_ends()
        settings = demo.exported_settings()
        line = DemoSite(settings["BROKER"], settings["STORE"], tmp_path, settings=settings)
        yield OpenDemo(demo, line, DemoDelivererSite(settings["BROKER"], tmp_path))


def screen_line(seen: Terminal, alert: str) -> str:
    """The one line of the screen that is about *alert*."""
    (found,) = [line for line in seen.screen().visible_lines if alert in line]
    return found


def test_what_rings_appears_an_answer_changes_it_and_ctrl_c_gives_the_terminal_back(
    open_demo: OpenDemo,
):
    """The alert that waits comes first; each alert has one line; the last state stays readable.

    Where nothing changes nothing is drawn: an id that a member has marked stays marked.
    """
    with terminal(open_demo.site.settings, *WATCH) as seen:
        assert not seen.wait_for_text("0 of 0 alerts wait").cursor
        open_demo.raise_alerts()
        seen.wait_for_text("2 of 2 alerts wait", f"{SIGNAL_ALERT_ID}:1", f"{OTHER_ALERT_ID}:1")
        assert screen_line(seen, SIGNAL_ALERT_ID).startswith("raised ")

        drawn = len(seen.output)
        # As long as a command takes, the display looks several times.
        assert open_demo.site.tocsin("alerts", "show", SIGNAL_ALERT_ID).returncode == 0
        seen.screen()
        assert len(seen.output) == drawn

        words = ("acknowledge", f"{SIGNAL_ALERT_ID}:1", "--member", "board-1", "--reason", "Read.")
        assert open_demo.site.tocsin("alerts", *words).returncode == 0
        shown = seen.wait_for_text("1 of 2 alerts wait", f"{SIGNAL_ALERT_ID}:2").visible_lines
        assert screen_line(seen, SIGNAL_ALERT_ID).startswith(
            "acknowledged "
        ) and "board-1" in screen_line(seen, SIGNAL_ALERT_ID)
        assert shown[2:] == [screen_line(seen, OTHER_ALERT_ID), screen_line(seen, SIGNAL_ALERT_ID)]

        seen.press(CTRL_C)
        assert (seen.wait_exit(), seen.is_restored()) == (0, True)
        assert seen.screen().visible_lines == shown


def test_a_small_terminal_is_not_overrun_and_a_dumb_one_is_told_all(open_demo: OpenDemo):
    """On twelve lines whoever waits comes first, and the heading counts what has no room.

    A terminal that cannot move its cursor has a line for each revision, as it comes.
    """
    closed = [
        (each, 1, alert_bytes(id=each, state="closed", hypothetical=False)) for each in MANY_ALERTS
    ]
    with (
        terminal(open_demo.site.settings, *WATCH, rows=12, columns=80) as small,
        terminal(open_demo.site.settings, *WATCH, rows=99, columns=160, kind="dumb") as dumb,
    ):
        small.wait_for_text("0 of 0 alerts wait")
        open_demo.deliverer_site.publish(*closed)
        small.wait_for_text(f"0 of {len(MANY_ALERTS)} alerts wait")
        open_demo.raise_alerts()
        screen = small.wait_for_text(f"2 of {len(MANY_ALERTS) + 2} alerts wait", "not shown")
        named = {line.split()[-1].split(":")[0] for line in screen.visible_lines[2:4]}
        assert named == {
            SIGNAL_ALERT_ID[:8],
            OTHER_ALERT_ID[:8],
        }  # So much that no other begins so.
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


def test_whatever_ends_it_the_terminal_is_given_back(open_demo: OpenDemo):
    """`kill` ends it in good order, as it ends the worker; a broker that is gone is named."""
    with (
        terminal(open_demo.site.settings, *WATCH) as killed,
        terminal(open_demo.site.settings, *WATCH) as left,
    ):
        killed.wait_for_text("0 of 0 alerts wait")
        left.wait_for_text("0 of 0 alerts wait")
        killed.process.send_signal(signal.SIGTERM)
        assert (killed.wait_exit(), killed.is_restored()) == (0, True)

        assert open_demo.demo.interrupt() == 0
        assert (left.wait_exit(), left.is_restored()) == (4, True)
        assert "`tocsin doctor` says what is missing" in "".join(left.screen().visible_lines)
