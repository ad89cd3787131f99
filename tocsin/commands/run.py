"""``tocsin run``: a worker, which folds the log as it grows and tells of alerts."""

from __future__ import annotations

import asyncio
import logging
import sys
from functools import partial
from typing import Annotated, Any

from cyclopts import Parameter

from streams.delivery.deliverer import GROUP
from streams.kafka.topics import ALERTS, DEAD_LETTERS, LOG
from streams.settings import Settings
from streams.store import LIVE, StoreRefuses, StoreUnreachable, WrongStore
from streams.store.keys import Keys
from streams.store.redis import RedisStore, connect
from streams.worker.app import group_of
from streams.worker.partition_count import LogGone, OtherPartitions
from streams.worker.process import Live
from tocsin.common.exits import Exit, Stop
from tocsin.common.long_running import look_at_topics, other_partitions, staying
from tocsin.common.settings import settled, trusted
from tocsin.common.terminal import plain

BRING_LOG = "Restore it from its archive, or begin a new one: `tocsin topics apply`."
HEARD = ("tocsin", "asyncio", "aiohttp")
"""Whose warnings are heard: our own, and those of a task or a page of ours that broke."""

SILENT = logging.CRITICAL + 1


def run(*, space: Annotated[str, Parameter(show_default=True)] = LIVE) -> None:
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
    watch(space, Live)


def watch(space: str, kind: type[Live]) -> None:
    """Run a worker of this *kind* in *space*; raises Stop where it cannot, or ends by itself."""
    speak_for_ourselves()
    settings = settled()
    trust = trusted(settings)
    look_at_space(space)
    wanted = {LOG: settings.log_partitions, ALERTS: settings.alert_partitions, DEAD_LETTERS: 1}
    look_at_topics(settings, wanted)
    asyncio.run(look_at_store(settings, space))
    client = connect(settings.store)
    stores = partial(kept_by, client, space)
    live = kind(settings, stores, space, trust=trust)
    says = f"tocsin: watching {LOG}; http://{settings.health}/readyz"
    with staying():
        try:
            live.run(begun=lambda: print(says, file=sys.stderr))
        except OtherPartitions as error:
            raise Stop(Exit.USAGE, f"{error}. {other_partitions(LOG)}") from None
        except LogGone as error:
            raise Stop(Exit.UNREACHABLE, f"{error}. {BRING_LOG}") from None


def speak_for_ourselves() -> None:
    """Have stderr say what we say of ourselves, each thing once.

    Clients of Kafka repeat each failed connection many times a second, and Faust prints a
    traceback of each task that it cuts off.
    """
    logging.basicConfig(stream=sys.stderr, format="tocsin: %(message)s", level=SILENT)
    for name in HEARD:
        logging.getLogger(name).setLevel(logging.WARNING)


def look_at_space(space: str) -> None:
    """Stop where *space* is no name, or its workers would be taken for deliverers."""
    try:
        Keys(space, LOG, 0)
    except ValueError as error:
        raise Stop(Exit.USAGE, f"--space {plain(space)}: {error}.") from None
    if group_of(space) == GROUP:
        says = f"its group would be {GROUP}, which is that of `tocsin deliver`"
        raise Stop(Exit.USAGE, f"--space {space}: {says}. Give the space another name.")


def kept_by(client: Any, space: str, partition: int) -> RedisStore:
    """What the store keeps of *partition* in *space*."""
    return RedisStore(client, Keys(space, LOG, partition))


async def look_at_store(settings: Settings, space: str) -> None:
    """Stop where there is no store, or one that must not be written to."""
    store = RedisStore(connect(settings.store), Keys(space, LOG, 0))
    try:
        await store.check()
    except WrongStore as error:
        raise Stop(Exit.USAGE, str(error)) from None
    except StoreRefuses as error:
        raise Stop(Exit.UNREACHABLE, f"{error} `tocsin doctor` says more.") from None
    except StoreUnreachable:
        remedy = "Start one (`make redis`), or name yours in TOCSIN_STORE."
        raise Stop(Exit.UNREACHABLE, f"no store answers. {remedy}") from None
    finally:
        await store.close()
