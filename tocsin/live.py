"""What the commands around live operation share: settings, and the stop where nothing answers."""

from __future__ import annotations

import logging

from streams.log_kafka import KafkaLog
from streams.settings import Settings
from streams.topics import LOG
from tocsin.exits import Exit, Stop
from tocsin.settled import settled

LOUD = ("aiokafka", "kafka", "asyncio")
"""Libraries whose logs would say in many lines what the one line of a stop says."""


def quietly_settled() -> Settings:
    """The settings of this process, its libraries told to be quiet."""
    be_quiet()
    return settled()


def be_quiet() -> None:
    """Let the libraries say nothing by themselves."""
    for name in LOUD:
        logging.getLogger(name).addHandler(logging.NullHandler())
        logging.getLogger(name).propagate = False


async def partitions_agreed(settings: Settings) -> None:
    """Stop unless the log has as many partitions as the settings say: they name every place."""
    found = (await KafkaLog(settings.broker, LOG, 0).identity()).partitions
    if found != settings.log_partitions:
        says = f"{LOG} has {found} partitions: set TOCSIN_LOG_PARTITIONS={found}"
        raise Stop(Exit.USAGE, f"{says} here and for every worker.")


def unreachable(error: Exception) -> Stop:
    """The stop for a service that does not answer."""
    remedy = "`tocsin doctor` says what is missing and how to start it."
    return Stop(Exit.UNREACHABLE, f"{error}. {remedy}")
