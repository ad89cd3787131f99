"""`tocsin alerts watch` on a terminal, as whoever keeps watch has it before them."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from streams.kafka.partitioner import partition_of
from tests.alerts.notification.published_alerts import wire
from tests.contract.alert_lives import OTHER, RUNG
from tests.contract.demos import Demo, Ledger, Line, running
from tests.contract.terminals import CTRL_C, Terminal, terminal
from tests.streams.processor.processors import PRODERM, STUDY
from tests.streams.reviewed_log import SIGNAL

pytestmark = pytest.mark.redis

SILENT = 20
"""So many records of ProDERM ring nothing."""

WATCH = ("alerts", "watch")
MANY = [f"{number:024x}" for number in range(40)]


@dataclass
class Ward:
    """A demo that stays open with nothing rung yet, and how other terminals reach it."""

    demo: Demo
    line: Line
    ledger: Ledger

    def ring(self) -> None:
        """Let the next records come, which ring two alerts."""
        home = partition_of(STUDY, int(self.line.settings["LOG_PARTITIONS"]))
        self.line.send(PRODERM[:RUNG], STUDY, home)


@pytest.fixture
def ward(redis_program: str, tmp_path: Path) -> Iterator[Ward]:
    """An open demo, ended on Ctrl-C."""
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(PRODERM[:SILENT]))
    with running(tmp_path, tmp_path / "log.jsonl", "--speed", "max") as demo:
        demo.stays()
        settings = demo.exported()
        line = Line(settings["BROKER"], settings["STORE"], tmp_path, settings=settings)
        yield Ward(demo, line, Ledger(settings["BROKER"], tmp_path))


def row(seen: Terminal, alert: str) -> str:
    """The one line of the screen that is about *alert*."""
    (found,) = [line for line in seen.screen().shown if alert in line]
    return found


def test_what_rings_appears_an_answer_changes_it_and_ctrl_c_gives_the_terminal_back(ward: Ward):
    """The alert that waits comes first; each alert has one line; the last state stays readable.

    Where nothing changes nothing is drawn: an id that a member has marked stays marked.
    """
    with terminal(ward.line.settings, *WATCH) as seen:
        assert not seen.shows("0 of 0 alerts wait").cursor
        ward.ring()
        seen.shows("2 of 2 alerts wait", f"{SIGNAL}:1", f"{OTHER}:1")
        assert row(seen, SIGNAL).startswith("raised ")

        drawn = len(seen.written)
        # As long as a command takes, the display looks several times.
        assert ward.line.tocsin("alerts", "show", SIGNAL).returncode == 0
        seen.screen()
        assert len(seen.written) == drawn

        words = ("acknowledge", f"{SIGNAL}:1", "--member", "board-1", "--reason", "Read.")
        assert ward.line.tocsin("alerts", *words).returncode == 0
        shown = seen.shows("1 of 2 alerts wait", f"{SIGNAL}:2").shown
        assert row(seen, SIGNAL).startswith("acknowledged ") and "board-1" in row(seen, SIGNAL)
        assert shown[2:] == [row(seen, OTHER), row(seen, SIGNAL)]

        seen.press(CTRL_C)
        assert (seen.end(), seen.given_back()) == (0, True)
        assert seen.screen().shown == shown


def test_a_small_terminal_is_not_overrun_and_a_dumb_one_is_told_all(ward: Ward):
    """On twelve lines whoever waits comes first, and the heading counts what has no room.

    A terminal that cannot move its cursor has a line for each revision, as it comes.
    """
    closed = [(each, 1, wire(id=each, state="closed", hypothetical=False)) for each in MANY]
    with (
        terminal(ward.line.settings, *WATCH, rows=12, columns=80) as small,
        terminal(ward.line.settings, *WATCH, rows=99, columns=160, kind="dumb") as dumb,
    ):
        small.shows("0 of 0 alerts wait")
        ward.ledger.announce(*closed)
        small.shows(f"0 of {len(MANY)} alerts wait")
        ward.ring()
        screen = small.shows(f"2 of {len(MANY) + 2} alerts wait", "not shown")
        named = {line.split()[-1].split(":")[0] for line in screen.shown[2:4]}
        assert named == {SIGNAL[:8], OTHER[:8]}  # So much that no other begins so.
        assert (len(screen.shown), screen.gone) == (11, [])

        dumb.shows("WATCH", f"{SIGNAL} rev 1", f"{OTHER} rev 1", f"{MANY[-1]} rev 1")
        assert b"\x1b" not in dumb.written
        for each in (small, dumb):
            each.press(CTRL_C)
            assert each.end() == 0
        assert small.given_back()


def test_whatever_ends_it_the_terminal_is_given_back(ward: Ward):
    """`kill` ends it in good order, as it ends the worker; a broker that is gone is named."""
    with (
        terminal(ward.line.settings, *WATCH) as killed,
        terminal(ward.line.settings, *WATCH) as left,
    ):
        killed.shows("0 of 0 alerts wait")
        left.shows("0 of 0 alerts wait")
        killed.process.send_signal(signal.SIGTERM)
        assert (killed.end(), killed.given_back()) == (0, True)

        assert ward.demo.interrupt() == 0
        assert (left.end(), left.given_back()) == (4, True)
        assert "`tocsin doctor` says what is missing" in "".join(left.screen().shown)
