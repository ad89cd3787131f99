"""The settings of a command, or the stop that names the bad one."""

from __future__ import annotations

from streams.settings import BadSettings, Settings, read_settings
from tocsin.exits import Exit, Stop


def settled() -> Settings:
    """The settings."""
    try:
        return read_settings()
    except BadSettings as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
