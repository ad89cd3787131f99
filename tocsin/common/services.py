"""What the commands around live operation share: settings, and the stop where nothing answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from streams.kafka.topics import LOG
from streams.log import LogUnreachable, RecordsGone
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
"""Libraries whose logs would say in many lines what the one line of a stop says."""


def load_settings_quietly() -> Settings:
    """The settings of this process, its libraries told to be quiet."""
    silence_libraries()
    return load_settings()


def silence_libraries() -> None:
    """Let the libraries say nothing by themselves."""
    for name in NOISY_LOGGERS:
        logging.getLogger(name).addHandler(logging.NullHandler())
        logging.getLogger(name).propagate = False


async def check_partition_count(settings: Settings) -> None:
    """Stop unless the log has as many partitions as the settings say: they name every place."""
    actual = (await KafkaLog(settings.broker, LOG, 0).identity()).partitions
    if actual != settings.log_partitions:
        message = f"{LOG} has {actual} partitions: set TOCSIN_LOG_PARTITIONS={actual}"
        raise Stop(Exit.USAGE, f"{message} here and for every worker.")


def open_store(settings: Settings, space: str, partition: int, topic: str = LOG) -> RedisStore:
    """What the store keeps of *partition* in *space*."""
    try:
        return RedisStore(connect(settings.store), Keys(space, topic, partition))
    except ValueError as error:
        raise Stop(Exit.USAGE, f"--space {space}: {error}.") from None


@asynccontextmanager
async def open_stores(settings: Settings) -> AsyncGenerator[Callable[[int], RedisStore]]:
    """What the store keeps of each partition, by number, over one connection."""
    client = connect(settings.store)
    try:
        yield lambda number: RedisStore(client, Keys(LIVE_SPACE, LOG, number))
    finally:
        await client.aclose()


def run_or_stop(coroutine: Coroutine[Any, Any, T]) -> T:
    """What *work* comes to, or the stop that says why it cannot be done."""
    with service_errors():
        return asyncio.run(coroutine)


@contextmanager
def service_errors() -> Generator[None]:
    """End the command, in one line, where a service does not answer or a log cannot be folded."""
    try:
        yield
    except (LogUnreachable, StoreUnreachable) as error:
        raise unreachable_stop(error) from None
    except StoreMisconfigured as error:
        raise Stop(Exit.USAGE, f"{error}") from None
    except (RefoldStopped, RecordsGone) as error:
        raise Stop(Exit.REJECTED, f"{error}") from None
    except InvalidRow as error:
        raise Stop(Exit.REJECTED, f"{error} `tocsin verify` says what differs.") from None


def select_partitions(partitions: Sequence[int], count: int) -> list[int]:
    """The partitions that were asked for, of *count*, or else all."""
    if out_of_range := [each for each in partitions if not 0 <= each < count]:
        raise Stop(Exit.USAGE, f"--partition {out_of_range[0]}: the log has 0 to {count - 1}.")
    return sorted(set(partitions)) or list(range(count))


def unreachable_stop(error: Exception) -> Stop:
    """The stop for a service that does not answer."""
    remedy = "`tocsin doctor` says what is missing and how to start it."
    return Stop(Exit.UNREACHABLE, f"{error}. {remedy}")
