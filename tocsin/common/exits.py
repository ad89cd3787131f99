"""How a command can end."""

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
    """The command ends here with *code*; the message says why and what to do."""

    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(message)
        self.code = code
