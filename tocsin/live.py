"""What the commands around live operation share: settings, and the stop where nothing answers."""

from __future__ import annotations

import logging

from streams.settings import BadSettings, Settings, read_settings
from tocsin.exits import Exit, Stop

LOUD = ("aiokafka", "kafka", "asyncio")
"""Libraries whose logs would say in many lines what the one line of a stop says."""


def settings_or_stop() -> Settings:
    """The settings of this process, its libraries told to be quiet."""
    for name in LOUD:
        logging.getLogger(name).addHandler(logging.NullHandler())
        logging.getLogger(name).propagate = False
    try:
        return read_settings()
    except BadSettings as error:
        raise Stop(Exit.USAGE, f"{error}.") from None


def unreachable(error: Exception) -> Stop:
    """The stop for a service that does not answer."""
    remedy = "`tocsin doctor` says what is missing and how to start it."
    return Stop(Exit.UNREACHABLE, f"{error}. {remedy}")
