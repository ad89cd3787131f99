"""The console of the command line; apart, because Rich takes 0.03 s to load."""

from __future__ import annotations

from typing import NoReturn

from rich.console import Console


class CliConsole(Console):
    """A Rich console that raises BrokenPipeError on a closed pipe."""

    def on_broken_pipe(self) -> NoReturn:
        """Raise BrokenPipeError; Rich would exit with 1, which is reserved for internal errors."""
        raise BrokenPipeError
