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
from tests.scenarios.commands import command_environment

CTRL_C = b"\x03"
OUTPUT_PART = re.compile(r"\x1b\[(\??\d*(?:;\d*)*)([A-Za-z])|\x1b|[\r\n]|[^\x1b\r\n]+")
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
    scrolled_off: list[str] = field(default_factory=list[str])
    lines: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.lines = [""] * self.rows

    @property
    def visible_lines(self) -> list[str]:
        """The lines, down to the last that is not empty."""
        return "\n".join(line.rstrip() for line in self.lines).rstrip("\n").splitlines()

    def feed(self, text: str) -> Screen:
        """The same after *text* has come."""
        for part in OUTPUT_PART.finditer(text):
            if part[2]:
                self._control(part[1], part[2])
            elif part[0] == "\r":
                self.column = 0
            elif part[0] == "\n":
                self._line_feed()
            elif part[0] != "\x1b":
                self._write(part[0])
        return self

    def _control(self, how: str, code: str) -> None:
        if (how, code) in (("?25", "h"), ("?25", "l")):
            self.cursor = code == "h"
        elif code == "A":
            self.row = max(self.row - int(how or 1), 0)
        elif (how, code) == ("2", "K"):
            self.lines[self.row] = ""
        else:
            assert code == "m", f"unknown control code {how}{code}"

    def _line_feed(self) -> None:
        if self.row + 1 < self.rows:
            self.row += 1
            return
        self.scrolled_off.append(self.lines.pop(0))
        self.lines.append("")

    def _write(self, words: str) -> None:
        while words:
            if self.column == self.columns:
                self.column = 0
                self._line_feed()
            part = words[: self.columns - self.column]
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + part + line[self.column + len(part) :]
            self.column += len(part)
            words = words[len(part) :]


@dataclass
class Terminal:
    """A command on a terminal of its own, of which *face* is our side and *back* the command's."""

    process: subprocess.Popen[bytes]
    our_fd: int
    command_fd: int
    rows: int
    columns: int
    attributes_before: list[Any]
    output: bytearray = field(default_factory=bytearray)

    def screen(self) -> Screen:
        """What it shows now."""
        with suppress(BlockingIOError):
            while chunk := os.read(self.our_fd, 65_536):
                self.output += chunk
        # An end that is half a letter comes again, whole, with the next look.
        text = self.output.decode(errors="ignore")
        return Screen(self.rows, self.columns).feed(text)

    def wait_for_text(self, *words: str) -> Screen:
        """The screen, once each of *words* is on it."""
        return self.wait_until(
            lambda screen: all(word in "\n".join(screen.visible_lines) for word in words)
        )

    def wait_until(self, done: Callable[[Screen], bool]) -> Screen:
        """The screen, once it is *done*; fails, with what it shows, where that does not come."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not done(screen := self.screen()):
            assert time.monotonic() < deadline, "\n".join(screen.visible_lines)
            time.sleep(0.05)
        return screen

    def press(self, key: bytes) -> None:
        """Press a key."""
        os.write(self.our_fd, key)

    def wait_exit(self) -> int:
        """Wait for the command to end; its exit code."""
        self.wait_until(lambda _: self.process.poll() is not None)
        return self.process.returncode

    def is_restored(self) -> bool:
        """Whether the terminal is as it was: its cursor to be seen, and on a line of its own."""
        screen = self.screen()
        as_it_was = termios.tcgetattr(self.command_fd) == self.attributes_before
        return as_it_was and screen.cursor and screen.column == 0


def restore_sigint() -> None:
    """Have the command hear SIGINT: what a script runs in the background ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def attach_terminal() -> None:
    """Have the keys that are pressed on its terminal reach the command."""
    restore_sigint()
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
    clean = {
        name: value
        for name, value in command_environment().items()
        if not name.startswith("TOCSIN_")
    }
    our_fd, command_fd = pty.openpty()
    os.set_blocking(our_fd, False)
    fcntl.ioctl(command_fd, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "tocsin", *words],
        env={**clean, "TERM": kind, **{f"TOCSIN_{key}": value for key, value in settings.items()}},
        cwd=ROOT,
        stdin=command_fd,
        stdout=command_fd,
        stderr=command_fd,
        start_new_session=True,
        preexec_fn=attach_terminal,
    )
    try:
        yield Terminal(process, our_fd, command_fd, rows, columns, termios.tcgetattr(command_fd))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(PATIENCE_SECONDS)
        os.close(our_fd)
        os.close(command_fd)
