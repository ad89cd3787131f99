"""Exit codes of commands, and the exception that ends a command with one."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes, the same for every command."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    REJECTED = 3
    UNREACHABLE = 4
    SIGNAL = 10


class Stop(Exception):
    """Ends the command with exit code *code*; the message gives the cause and the remedy."""

    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(message)
        self.code = code
