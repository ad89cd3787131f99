"""``tocsin run``: a worker, which folds the log as it grows and tells of alerts."""

from __future__ import annotations

import asyncio
import logging
import sys
from functools import partial
from typing import Annotated, Any

from cyclopts import Parameter
from kafka.errors import KafkaError

from streams.broker import Unreachable, administer
from streams.health import CannotListen
from streams.live import Live, OtherPartitions
from streams.metrics import NoToken
from streams.settings import Settings
from streams.store import LIVE, StoreRefuses, StoreUnreachable, WrongStore
from streams.store.keys import Keys
from streams.store.redis import RedisStore, connect
from streams.topics import ALERTS, DEAD_LETTERS, LOG
from tocsin.exits import Exit, Stop
from tocsin.settled import settled, trusted

MAKE_TOPICS = "`tocsin topics apply` makes them."

OTHER_ADDRESS = (
    "Name another address in TOCSIN_HEALTH, TOCSIN_METRICS_OPEN or TOCSIN_METRICS_CLOSED."
)
NEEDS_TOKEN = "Name a file with a token in TOCSIN_METRICS_TOKEN_FILE, or leave closed metrics off."


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
    logging.basicConfig(stream=sys.stderr, format="tocsin: %(message)s", level=logging.WARNING)
    # They repeat each failed connection many times a second; ours say once what does not answer.
    for name in ("kafka", "aiokafka"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    settings = settled()
    trust = trusted(settings)
    look_at_topics(settings)
    asyncio.run(look_at_store(settings, space))
    client = connect(settings.store)
    stores = partial(kept_by, client, space)
    live = Live(settings, stores, space, trust=trust)
    says = f"tocsin: watching {LOG}; http://{settings.health}/readyz"
    try:
        live.run(begun=lambda: print(says, file=sys.stderr))
    except CannotListen as error:
        raise Stop(Exit.USAGE, f"{error}. {OTHER_ADDRESS}") from None
    except NoToken as error:
        raise Stop(Exit.USAGE, f"{error}. {NEEDS_TOKEN}") from None
    except OtherPartitions as error:
        raise Stop(Exit.USAGE, f"{error}. {other_partitions(LOG)}") from None
    except Exception as error:
        raise Stop(Exit.INTERNAL, f"{error or type(error).__name__}.") from error


def kept_by(client: Any, space: str, partition: int) -> RedisStore:
    """What the store keeps of *partition* in *space*."""
    return RedisStore(client, Keys(space, LOG, partition))


def look_at_topics(settings: Settings) -> None:
    """Stop where there is no broker, or a topic is missing or of another shape."""
    wanted = {
        LOG: settings.log_partitions,
        ALERTS: settings.alert_partitions,
        DEAD_LETTERS: 1,
    }
    try:
        with administer(settings.broker) as admin:
            found = shapes(admin, wanted)
    except Unreachable as error:
        remedy = "Start one (`make kafka`), or name yours in TOCSIN_BROKER."
        raise Stop(Exit.UNREACHABLE, f"{error}. {remedy}") from None
    except KafkaError as error:
        raise Stop(Exit.USAGE, f"the broker refuses: {error}.") from None
    if missing := [name for name in wanted if name not in found]:
        raise Stop(Exit.USAGE, f"no topic {', '.join(missing)}. {MAKE_TOPICS}")
    for name, partitions in wanted.items():
        if found[name] != partitions:
            what = f"{name} has {found[name]} partitions, and the settings say {partitions}."
            raise Stop(Exit.USAGE, f"{what} {other_partitions(name)}")


def shapes(admin: Any, names: dict[str, int]) -> dict[str, int]:
    """How many partitions each topic has, of those that are there."""
    there = set(admin.list_topics()) & set(names)
    told: list[dict[str, Any]] = admin.describe_topics(sorted(there)) if there else []
    return {each["name"]: len(each["partitions"]) for each in told}


def other_partitions(topic: str) -> str:
    """What to do where a topic is of another shape: it is never altered."""
    name = "TOCSIN_ALERT_PARTITIONS" if topic == ALERTS else "TOCSIN_LOG_PARTITIONS"
    return f"It says where a study lies: set {name} to what is there."


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
