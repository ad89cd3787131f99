"""``tocsin run``: runs a worker, which folds the log and publishes alerts."""

from __future__ import annotations

import asyncio
import logging
import sys
from functools import partial
from typing import Annotated

from cyclopts import Parameter

from streams.delivery.deliverer import CONSUMER_GROUP
from streams.kafka.topics import ALERTS, DEAD_LETTERS, LOG
from streams.settings import Settings
from streams.store import LIVE_SPACE, StoreMisconfigured, StoreNotWritable, StoreUnreachable
from streams.store.keys import Keys
from streams.store.redis import RedisStore, connect
from streams.store.shared_calls import SharedCalls
from streams.worker.app import group_of
from streams.worker.partition_count import LogGone, PartitionCountChanged
from streams.worker.process import WorkerProcess
from tocsin.common.exits import Exit, Stop
from tocsin.common.long_running import check_topics, daemon_errors, partition_count_remedy
from tocsin.common.settings import load_settings, load_trust
from tocsin.common.terminal import printable

RESTORE_LOG_REMEDY = "Restore it from its archive, or create a new one: `tocsin topics apply`."
ENABLED_LOGGERS = ("tocsin", "asyncio", "aiohttp")
"""Loggers whose warnings are printed: Tocsin's, and those that report failed tasks and pages."""

NO_LOGGING = logging.CRITICAL + 1


def run(*, space: Annotated[str, Parameter(show_default=True)] = LIVE_SPACE) -> None:
    """Run a worker: fold the log as it grows, keep the tables in Redis, publish alerts.

    The partitions of the log are divided among all workers.  SIGTERM stops a worker after the
    batch in flight.  Kafka is TOCSIN_BROKER, Redis TOCSIN_STORE.  `/livez` and `/readyz` are
    served at TOCSIN_HEALTH, the open `/metrics` at TOCSIN_METRICS_OPEN, and `/metrics` by
    treatment at TOCSIN_METRICS_CLOSED with the token in TOCSIN_METRICS_TOKEN_FILE.

    Parameters
    ----------
    space
        Space in Redis for the tables. Only the space `live` publishes alerts; in another one, a
        new version can fold the log beside the old version.
    """
    run_worker(space, WorkerProcess)


def run_worker(space: str, process_type: type[WorkerProcess]) -> None:
    """Run a worker of *process_type* in *space* until it ends.

    Raises Stop where settings, topics or store are not usable, or the log is gone.
    """
    configure_logging()
    settings = load_settings()
    trust = load_trust(settings)
    check_space(space)
    partition_counts = {
        LOG: settings.log_partitions,
        ALERTS: settings.alert_partitions,
        DEAD_LETTERS: 1,
    }
    check_topics(settings, partition_counts)
    asyncio.run(check_store(settings, space))
    client = connect(settings.store)
    store_of = partial(open_partition_store, SharedCalls(client), space)
    worker_process = process_type(settings, store_of, space, trust=trust)
    message = f"tocsin: folding {LOG}; http://{settings.health}/readyz"
    with daemon_errors():
        try:
            worker_process.run(on_start=lambda: print(message, file=sys.stderr))
        except PartitionCountChanged as error:
            raise Stop(Exit.USAGE, f"{error}. {partition_count_remedy(LOG)}") from None
        except LogGone as error:
            raise Stop(Exit.UNREACHABLE, f"{error}. {RESTORE_LOG_REMEDY}") from None


def configure_logging() -> None:
    """Print only the warnings of `ENABLED_LOGGERS` on stderr.

    Kafka clients log each failed connection many times a second, and Faust prints a traceback of
    each task that it cancels.
    """
    logging.basicConfig(stream=sys.stderr, format="tocsin: %(message)s", level=NO_LOGGING)
    for name in ENABLED_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)


def check_space(space: str) -> None:
    """Raise Stop where *space* is not a valid name, or its consumer group is that of `deliver`."""
    try:
        Keys(space, LOG, 0)
    except ValueError as error:
        raise Stop(Exit.USAGE, f"--space {printable(space)}: {error}.") from None
    if group_of(space) == CONSUMER_GROUP:
        message = f"its consumer group would be {CONSUMER_GROUP}, that of `tocsin deliver`"
        raise Stop(Exit.USAGE, f"--space {space}: {message}. Give the space another name.")


def open_partition_store(calls: SharedCalls, space: str, partition: int) -> RedisStore:
    """Open the store of *partition* in *space*, which sends its writes with *calls*."""
    return RedisStore(calls.client, Keys(space, LOG, partition), calls=calls)


async def check_store(settings: Settings, space: str) -> None:
    """Raise Stop where the store does not answer, is misconfigured or refuses writes."""
    store = RedisStore(connect(settings.store), Keys(space, LOG, 0))
    try:
        await store.check()
    except StoreMisconfigured as error:
        raise Stop(Exit.USAGE, str(error)) from None
    except StoreNotWritable as error:
        raise Stop(Exit.UNREACHABLE, f"{error} `tocsin doctor` shows details.") from None
    except StoreUnreachable:
        remedy = "Start a store (`make redis`), or set TOCSIN_STORE."
        raise Stop(Exit.UNREACHABLE, f"the store does not answer. {remedy}") from None
    finally:
        await store.close()
