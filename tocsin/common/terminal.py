"""How commands write for people: plain when nobody watches, quiet when the reader has gone."""

from __future__ import annotations

import os
import re
import signal
import sys
from io import TextIOWrapper
from typing import NoReturn

from rich.console import Console

EXIT_BROKEN_PIPE = 128 + signal.SIGPIPE
"""What a shell reports of a program that a closed pipe has ended: neither success nor a fault."""


class CliConsole(Console):
    """A console that lets a closed pipe end the command, as the rest of the program does."""

    def on_broken_pipe(self) -> NoReturn:
        """Rich would exit with 1, which is kept for faults of our own."""
        raise BrokenPipeError


def cli_console(*, stderr: bool = False, for_svg: bool = False) -> Console:
    """Where to print for people: without escape codes in a pipe or where NO_COLOR is set.

    What is *drawn* is recorded too, at the width of a page.
    """
    return CliConsole(
        stderr=stderr,
        record=for_svg,
        width=118 if for_svg else None,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
        highlight=False,
    )


def render_svg(console: Console) -> str:
    """What was printed on *console*, as an SVG that asks no other host for a font."""
    svg = console.export_svg(title="tocsin replay", unique_id="replay")
    return FONT_FACE.sub("", svg)


FONT_FACE = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def printable(text: str) -> str:
    """*text* from a log without what could steer a terminal."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def replace_unencodable() -> None:
    """Let a terminal that lacks a letter show a question mark: a term must not end a replay."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def exit_on_broken_pipe() -> NoReturn:
    """End because who read the output has stopped reading (``tocsin replay LOG | head``)."""
    # What is still buffered has nowhere to go; without this the interpreter would complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(EXIT_BROKEN_PIPE)


def exit_on_sigterm() -> None:
    """End on SIGTERM in a container too: the kernel spares its first process the default."""
    signal.signal(signal.SIGTERM, exit_by_signal)


def exit_by_signal(signal_number: int, frame: object) -> NoReturn:
    """End as a shell says of what that signal has ended."""
    sys.exit(128 + signal_number)
