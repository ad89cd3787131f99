"""A terminal with a command on it: what a person sees there, presses, and is left with."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.contract.processes import PATIENCE_SECONDS
from tests.paths import ROOT
from tests.scenarios.commands import variables

CTRL_C = b"\x03"
PART = re.compile(r"\x1b\[(\??\d*(?:;\d*)*)([A-Za-z])|\x1b|[\r\n]|[^\x1b\r\n]+")
"""A control code, one that is not whole yet, an end of a line, or words."""


@dataclass
class Screen:
    """What *rows* by *columns* show, and whether the *cursor* is to be seen.

    It knows the codes that it must, and raises at any other; *gone* are lines off the top.
    """

    rows: int
    columns: int
    cursor: bool = True
    row: int = 0
    column: int = 0
    gone: list[str] = field(default_factory=list[str])
    lines: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.lines = [""] * self.rows

    @property
    def shown(self) -> list[str]:
        """The lines, down to the last that is not empty."""
        return "\n".join(line.rstrip() for line in self.lines).rstrip("\n").splitlines()

    def take(self, text: str) -> Screen:
        """The same after *text* has come."""
        for part in PART.finditer(text):
            if part[2]:
                self._steer(part[1], part[2])
            elif part[0] == "\r":
                self.column = 0
            elif part[0] == "\n":
                self._down()
            elif part[0] != "\x1b":
                self._write(part[0])
        return self

    def _steer(self, how: str, code: str) -> None:
        if (how, code) in (("?25", "h"), ("?25", "l")):
            self.cursor = code == "h"
        elif code == "A":
            self.row = max(self.row - int(how or 1), 0)
        elif (how, code) == ("2", "K"):
            self.lines[self.row] = ""
        else:
            assert code == "m", f"unknown control code {how}{code}"

    def _down(self) -> None:
        if self.row + 1 < self.rows:
            self.row += 1
            return
        self.gone.append(self.lines.pop(0))
        self.lines.append("")

    def _write(self, words: str) -> None:
        while words:
            if self.column == self.columns:
                self.column = 0
                self._down()
            part = words[: self.columns - self.column]
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + part + line[self.column + len(part) :]
            self.column += len(part)
            words = words[len(part) :]


@dataclass
class Terminal:
    """A command on a terminal of its own, of which *face* is our side and *back* the command's."""

    process: subprocess.Popen[bytes]
    face: int
    back: int
    rows: int
    columns: int
    before: list[Any]
    written: bytearray = field(default_factory=bytearray)

    def screen(self) -> Screen:
        """What it shows now."""
        with suppress(BlockingIOError):
            while said := os.read(self.face, 65_536):
                self.written += said
        # An end that is half a letter comes again, whole, with the next look.
        text = self.written.decode(errors="ignore")
        return Screen(self.rows, self.columns).take(text)

    def shows(self, *words: str) -> Screen:
        """The screen, once each of *words* is on it."""
        return self.until(lambda screen: all(word in "\n".join(screen.shown) for word in words))

    def until(self, done: Callable[[Screen], bool]) -> Screen:
        """The screen, once it is *done*; fails, with what it shows, where that does not come."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not done(screen := self.screen()):
            assert time.monotonic() < deadline, "\n".join(screen.shown)
            time.sleep(0.05)
        return screen

    def press(self, key: bytes) -> None:
        """Press a key."""
        os.write(self.face, key)

    def end(self) -> int:
        """Wait for the command to end; its exit code."""
        self.until(lambda _: self.process.poll() is not None)
        return self.process.returncode

    def given_back(self) -> bool:
        """Whether the terminal is as it was: its cursor to be seen, and on a line of its own."""
        screen = self.screen()
        as_it_was = termios.tcgetattr(self.back) == self.before
        return as_it_was and screen.cursor and screen.column == 0


def heeding_ctrl_c() -> None:
    """Have the command hear SIGINT: what a script runs in the background ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def on_a_terminal() -> None:
    """Have the keys that are pressed on its terminal reach the command."""
    heeding_ctrl_c()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def terminal(
    settings: Mapping[str, str],
    *words: str,
    rows: int = 24,
    columns: int = 120,
    kind: str = "xterm-256color",
) -> Generator[Terminal]:
    """A terminal of a *kind* with ``tocsin`` and *words* on it, killed if it runs at the end."""
    clean = {name: told for name, told in variables().items() if not name.startswith("TOCSIN_")}
    face, back = pty.openpty()
    os.set_blocking(face, False)
    fcntl.ioctl(back, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "tocsin", *words],
        env={**clean, "TERM": kind, **{f"TOCSIN_{key}": told for key, told in settings.items()}},
        cwd=ROOT,
        stdin=back,
        stdout=back,
        stderr=back,
        start_new_session=True,
        preexec_fn=on_a_terminal,
    )
    try:
        yield Terminal(process, face, back, rows, columns, termios.tcgetattr(back))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(PATIENCE_SECONDS)
        os.close(face)
        os.close(back)
