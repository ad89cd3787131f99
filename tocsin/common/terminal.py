"""Terminal output: plain text in a pipe, a silent end on a closed pipe, exit on SIGTERM."""

from __future__ import annotations

import os
import re
import signal
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from rich.console import Console

EXIT_BROKEN_PIPE = 128 + signal.SIGPIPE
"""Exit code after a closed pipe, as a shell reports a process that SIGPIPE ended."""


def cli_console(*, stderr: bool = False, for_svg: bool = False) -> Console:
    """Create a console, without escape codes in a pipe or where NO_COLOR is set.

    With *for_svg* it also records what it prints, 118 columns wide, for `render_svg`.
    """
    # Imported here, because lines of JSON need no console.
    from tocsin.common.rich_console import CliConsole

    return CliConsole(
        stderr=stderr,
        record=for_svg,
        width=118 if for_svg else None,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
        highlight=False,
    )


def render_svg(console: Console) -> str:
    """Render what *console* recorded as an SVG that loads no font from another host."""
    svg = console.export_svg(title="tocsin replay", unique_id="replay")
    return FONT_FACE.sub("", svg)


FONT_FACE = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def printable(text: str) -> str:
    """Replace characters that are not printable, such as terminal escape codes from a log."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def replace_unencodable() -> None:
    """Write a question mark for a character that the output encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def exit_on_broken_pipe() -> NoReturn:
    """Exit after the reader of stdout has closed the pipe (``tocsin replay LOG | head``)."""
    # Without this, the interpreter reports an error when it flushes stdout at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(EXIT_BROKEN_PIPE)


def exit_on_sigterm() -> None:
    """Exit on SIGTERM in a container too, where the kernel ignores its default action for PID 1."""
    signal.signal(signal.SIGTERM, exit_by_signal)


def exit_by_signal(signal_number: int, frame: object) -> NoReturn:
    """Exit with the code that a shell reports for a process ended by that signal."""
    sys.exit(128 + signal_number)
