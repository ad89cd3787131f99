"""``tocsin run``: a worker, which folds the log as it grows and tells of alerts."""

from __future__ import annotations

import asyncio
import logging
import sys
from functools import partial
from typing import Annotated, Any

from cyclopts import Parameter

from streams.delivery.deliverer import CONSUMER_GROUP
from streams.kafka.topics import ALERTS, DEAD_LETTERS, LOG
from streams.settings import Settings
from streams.store import LIVE_SPACE, StoreMisconfigured, StoreNotWritable, StoreUnreachable
from streams.store.keys import Keys
from streams.store.redis import RedisStore, connect
from streams.worker.app import group_of
from streams.worker.partition_count import LogGone, PartitionCountChanged
from streams.worker.process import WorkerProcess
from tocsin.common.exits import Exit, Stop
from tocsin.common.long_running import check_topics, daemon_errors, partition_count_remedy
from tocsin.common.settings import load_settings, load_trust
from tocsin.common.terminal import printable

RESTORE_LOG_REMEDY = "Restore it from its archive, or begin a new one: `tocsin topics apply`."
ENABLED_LOGGERS = ("tocsin", "asyncio", "aiohttp")
"""Whose warnings are heard: our own, and those of a task or a page of ours that broke."""

NO_LOGGING = logging.CRITICAL + 1


def run(*, space: Annotated[str, Parameter(show_default=True)] = LIVE_SPACE) -> None:
    """Watch the trials: fold the log as it grows, keep their tables in Redis, tell of alerts.

    Any number of workers share the partitions of the log.  SIGTERM ends one in good order.
    Kafka is TOCSIN_BROKER, Redis TOCSIN_STORE; `/livez` and `/readyz` are at TOCSIN_HEALTH,
    `/metrics` at TOCSIN_METRICS_OPEN, and by treatment at TOCSIN_METRICS_CLOSED for whoever shows
    the token in TOCSIN_METRICS_TOKEN_FILE.

    Parameters
    ----------
    space
        Where the tables are kept.  One that is not `live` tells nobody anything: a new version
        can be built in it, beside the old one.
    """
    run_worker(space, WorkerProcess)


def run_worker(space: str, process_type: type[WorkerProcess]) -> None:
    """Run a worker of this *kind* in *space*; raises Stop where it cannot, or ends by itself."""
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
    store_of = partial(open_partition_store, client, space)
    worker_process = process_type(settings, store_of, space, trust=trust)
    message = f"tocsin: watching {LOG}; http://{settings.health}/readyz"
    with daemon_errors():
        try:
            worker_process.run(on_start=lambda: print(message, file=sys.stderr))
        except PartitionCountChanged as error:
            raise Stop(Exit.USAGE, f"{error}. {partition_count_remedy(LOG)}") from None
        except LogGone as error:
            raise Stop(Exit.UNREACHABLE, f"{error}. {RESTORE_LOG_REMEDY}") from None


def configure_logging() -> None:
    """Have stderr say what we say of ourselves, each thing once.

    Clients of Kafka repeat each failed connection many times a second, and Faust prints a
    traceback of each task that it cuts off.
    """
    logging.basicConfig(stream=sys.stderr, format="tocsin: %(message)s", level=NO_LOGGING)
    for name in ENABLED_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)


def check_space(space: str) -> None:
    """Stop where *space* is no name, or its workers would be taken for deliverers."""
    try:
        Keys(space, LOG, 0)
    except ValueError as error:
        raise Stop(Exit.USAGE, f"--space {printable(space)}: {error}.") from None
    if group_of(space) == CONSUMER_GROUP:
        message = f"its group would be {CONSUMER_GROUP}, which is that of `tocsin deliver`"
        raise Stop(Exit.USAGE, f"--space {space}: {message}. Give the space another name.")


def open_partition_store(client: Any, space: str, partition: int) -> RedisStore:
    """What the store keeps of *partition* in *space*."""
    return RedisStore(client, Keys(space, LOG, partition))


async def check_store(settings: Settings, space: str) -> None:
    """Stop where there is no store, or one that must not be written to."""
    store = RedisStore(connect(settings.store), Keys(space, LOG, 0))
    try:
        await store.check()
    except StoreMisconfigured as error:
        raise Stop(Exit.USAGE, str(error)) from None
    except StoreNotWritable as error:
        raise Stop(Exit.UNREACHABLE, f"{error} `tocsin doctor` says more.") from None
    except StoreUnreachable:
        remedy = "Start one (`make redis`), or name yours in TOCSIN_STORE."
        raise Stop(Exit.UNREACHABLE, f"no store answers. {remedy}") from None
    finally:
        await store.close()
