"""A pseudo-terminal that runs a command: its screen, its keys and its state at the end."""

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
"""A control code, an incomplete one, a line end, or text."""


@dataclass
class Screen:
    """The text on a screen of *rows* by *columns*, and whether the *cursor* is visible.

    It handles the control codes that the commands use, and fails at any other.  *scrolled_off*
    are the lines that left the screen at the top.
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
        """The lines of the screen without the empty ones at the bottom."""
        return "\n".join(line.rstrip() for line in self.lines).rstrip("\n").splitlines()

    def feed(self, text: str) -> Screen:
        """Write *text* to the screen, and return the screen."""
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

    def _control(self, parameters: str, code: str) -> None:
        if (parameters, code) in (("?25", "h"), ("?25", "l")):
            self.cursor = code == "h"
        elif code == "A":
            self.row = max(self.row - int(parameters or 1), 0)
        elif (parameters, code) == ("2", "K"):
            self.lines[self.row] = ""
        else:
            assert code == "m", f"unknown control code {parameters}{code}"

    def _line_feed(self) -> None:
        if self.row + 1 < self.rows:
            self.row += 1
            return
        self.scrolled_off.append(self.lines.pop(0))
        self.lines.append("")

    def _write(self, text: str) -> None:
        while text:
            if self.column == self.columns:
                self.column = 0
                self._line_feed()
            part = text[: self.columns - self.column]
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + part + line[self.column + len(part) :]
            self.column += len(part)
            text = text[len(part) :]


@dataclass
class Terminal:
    """A command on its own terminal: *our_fd* is the test's side, *command_fd* the command's."""

    process: subprocess.Popen[bytes]
    our_fd: int
    command_fd: int
    rows: int
    columns: int
    attributes_before: list[Any]
    output: bytearray = field(default_factory=bytearray)

    def screen(self) -> Screen:
        """The screen after all output so far."""
        with suppress(BlockingIOError):
            while chunk := os.read(self.our_fd, 65_536):
                self.output += chunk
        # The output may end within a UTF-8 character; the next call decodes it whole.
        text = self.output.decode(errors="ignore")
        return Screen(self.rows, self.columns).feed(text)

    def wait_for_text(self, *words: str) -> Screen:
        """Wait until all *words* are on the screen, and return it."""
        return self.wait_until(
            lambda screen: all(word in "\n".join(screen.visible_lines) for word in words)
        )

    def wait_until(self, condition: Callable[[Screen], bool]) -> Screen:
        """Wait until *condition* holds, and return the screen; fail with its text if not."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition(screen := self.screen()):
            assert time.monotonic() < deadline, "\n".join(screen.visible_lines)
            time.sleep(0.05)
        return screen

    def press(self, key: bytes) -> None:
        """Send a key to the command."""
        os.write(self.our_fd, key)

    def wait_exit(self) -> int:
        """Wait for the command to end, and return its exit code."""
        self.wait_until(lambda _: self.process.poll() is not None)
        return self.process.returncode

    def is_restored(self) -> bool:
        """Whether attributes are restored and the cursor is visible at the start of a line."""
        screen = self.screen()
        attributes_equal = termios.tcgetattr(self.command_fd) == self.attributes_before
        return attributes_equal and screen.cursor and screen.column == 0


def restore_sigint() -> None:
    """Restore the default action of SIGINT, which a background job of a shell ignores."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def attach_terminal() -> None:
    """Make the terminal the controlling one, so that Ctrl-C sends SIGINT to the command."""
    restore_sigint()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def terminal(
    settings: Mapping[str, str],
    *arguments: str,
    rows: int = 24,
    columns: int = 120,
    kind: str = "xterm-256color",
) -> Generator[Terminal]:
    """Run ``tocsin`` with *arguments* on a terminal of *kind*, killed if it runs at the end."""
    environment = {
        name: value
        for name, value in command_environment().items()
        if not name.startswith("TOCSIN_")
    }
    our_fd, command_fd = pty.openpty()
    os.set_blocking(our_fd, False)
    fcntl.ioctl(command_fd, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "tocsin", *arguments],
        env={
            **environment,
            "TERM": kind,
            **{f"TOCSIN_{key}": value for key, value in settings.items()},
        },
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
