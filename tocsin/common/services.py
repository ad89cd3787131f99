"""Access to Kafka and the store for commands, with service errors turned into Stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from streams.kafka.topics import LOG
from streams.log import BatchUnreadable, LogUnreachable, RecordsGone
from streams.log.kafka import KafkaLog
from streams.processor.refold import RefoldStopped
from streams.settings import Settings
from streams.store import LIVE_SPACE, StoreMisconfigured, StoreUnreachable
from streams.store.keys import Keys
from streams.store.redis import RedisStore, connect
from streams.store.rows.load import InvalidRow
from tocsin.common.exits import Exit, Stop
from tocsin.common.settings import load_settings

T = TypeVar("T")

NOISY_LOGGERS = ("aiokafka", "kafka", "asyncio")
"""Libraries whose log lines would repeat the one-line message of Stop."""


def load_settings_quietly() -> Settings:
    """Load the settings, and silence the loggers of libraries; raises Stop where one is invalid."""
    silence_libraries()
    return load_settings()


def silence_libraries() -> None:
    """Keep the loggers of `NOISY_LOGGERS` from writing to stderr."""
    for name in NOISY_LOGGERS:
        logging.getLogger(name).addHandler(logging.NullHandler())
        logging.getLogger(name).propagate = False


async def check_partition_count(settings: Settings) -> None:
    """Raise Stop unless the log has TOCSIN_LOG_PARTITIONS partitions.

    The number determines the partition of each study.
    """
    actual = (await KafkaLog(settings.broker, LOG, 0).identity()).partitions
    if actual != settings.log_partitions:
        message = f"{LOG} has {actual} partitions: set TOCSIN_LOG_PARTITIONS={actual}"
        raise Stop(Exit.USAGE, f"{message} here and for every worker.")


def open_store(settings: Settings, space: str, partition: int, topic: str = LOG) -> RedisStore:
    """Open the store of *partition* in *space*; raises Stop where *space* is not a valid name."""
    try:
        return RedisStore(connect(settings.store), Keys(space, topic, partition))
    except ValueError as error:
        raise Stop(Exit.USAGE, f"--space {space}: {error}.") from None


@asynccontextmanager
async def open_stores(settings: Settings) -> AsyncGenerator[Callable[[int], RedisStore]]:
    """Yield a function that opens the live store of a partition, all over one connection."""
    client = connect(settings.store)
    try:
        yield lambda number: RedisStore(client, Keys(LIVE_SPACE, LOG, number))
    finally:
        await client.aclose()


def run_or_stop(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run *coroutine* and return its result; errors of services become Stop."""
    with service_errors():
        return asyncio.run(coroutine)


@contextmanager
def service_errors() -> Generator[None]:
    """Turn errors of services, and of a log that cannot be folded, into a one-line Stop."""
    try:
        yield
    except BatchUnreadable as error:
        message = f"Partition {error.partition}: {error} `tocsin quarantine pass` passes it."
        raise Stop(Exit.REJECTED, message) from None
    except (LogUnreachable, StoreUnreachable) as error:
        raise unreachable_stop(error) from None
    except StoreMisconfigured as error:
        raise Stop(Exit.USAGE, f"{error}") from None
    except (RefoldStopped, RecordsGone) as error:
        raise Stop(Exit.REJECTED, f"{error}") from None
    except InvalidRow as error:
        raise Stop(Exit.REJECTED, f"{error} `tocsin verify` shows what differs.") from None


def select_partitions(partitions: Sequence[int], count: int) -> list[int]:
    """The requested *partitions* in order, or all *count* where none is requested.

    Raises Stop where one is out of range.
    """
    if out_of_range := [each for each in partitions if not 0 <= each < count]:
        raise Stop(
            Exit.USAGE, f"--partition {out_of_range[0]}: the log has partitions 0 to {count - 1}."
        )
    return sorted(set(partitions)) or list(range(count))


def unreachable_stop(error: Exception) -> Stop:
    """Stop for a service that does not answer."""
    remedy = "`tocsin doctor` shows what is missing and how to start it."
    return Stop(Exit.UNREACHABLE, f"{error}. {remedy}")
