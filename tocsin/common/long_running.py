"""What the processes that stay, `run` and `deliver`, have in common: how they begin and end."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kafka.errors import KafkaError

from streams.health.listener import CannotListen
from streams.kafka.admin import Unreachable, administer
from streams.kafka.topics import ALERTS, LOG, NOTIFIED
from streams.log import LogUnreachable
from streams.login import login_of, unseen
from streams.metrics import NoToken
from streams.settings import Settings
from streams.worker.public_errors import told
from tocsin.common.exits import Exit, Stop

START_BROKER = "Start one (`make kafka`), or name yours in TOCSIN_BROKER."

OTHER_ADDRESS = (
    "Name another address in TOCSIN_HEALTH, TOCSIN_METRICS_OPEN or TOCSIN_METRICS_CLOSED."
)
NEEDS_TOKEN = "Name a file with a token in TOCSIN_METRICS_TOKEN_FILE, or leave closed metrics off."

PLACES = {
    LOG: ("a study", "TOCSIN_LOG_PARTITIONS"),
    ALERTS: ("an alert", "TOCSIN_ALERT_PARTITIONS"),
    NOTIFIED: ("an alert", "TOCSIN_ALERT_PARTITIONS"),
}
"""What lies where by the number of partitions, and the setting that says it."""


def look_at_topics(settings: Settings, wanted: Mapping[str, int]) -> None:
    """Stop where there is no broker, or a topic of *wanted* is missing or has other partitions."""
    try:
        with administer(settings.broker) as admin:
            found = shapes(admin, wanted)
    except Unreachable as error:
        raise Stop(Exit.UNREACHABLE, f"{error}. {START_BROKER}") from None
    except KafkaError as error:
        raise Stop(Exit.USAGE, f"the broker refuses: {error}.") from None
    if missing := [name for name in wanted if name not in found]:
        raise Stop(Exit.USAGE, f"{lacking(missing, settings.broker)}.")
    for name, partitions in wanted.items():
        if found[name] != partitions:
            due = f"the settings say {partitions}" if name in PLACES else f"must have {partitions}"
            what = f"{name} has {found[name]} partitions, and {due}."
            raise Stop(Exit.USAGE, f"{what} {other_partitions(name)}")


def lacking(topics: Sequence[str], bootstrap: str) -> str:
    """What to say where brokers show no such *topics*: whoever logs in may not see them all."""
    names = ", ".join(topics)
    if login_of(bootstrap).by_name:
        return unseen(names, bootstrap)
    return f"no topic {names}: `tocsin topics apply` makes the topics"


def shapes(admin: Any, names: Mapping[str, int]) -> dict[str, int]:
    """How many partitions each topic has, of those that are there."""
    there = set(admin.list_topics()) & names.keys()
    told: list[dict[str, Any]] = admin.describe_topics(sorted(there)) if there else []
    return {each["name"]: len(each["partitions"]) for each in told}


def other_partitions(topic: str) -> str:
    """What to do where a topic is of another shape: it is never altered."""
    if topic not in PLACES:
        return "It is read from one: keep what it holds, and make it anew."
    what, setting = PLACES[topic]
    return f"It says where {what} lies: set {setting} to what is there."


@contextmanager
def staying() -> Generator[None]:
    """End the command as what ends it is called; an error that nobody foresaw by where it arose.

    Its words may quote a record.
    """
    try:
        yield
    except Stop:
        raise
    except CannotListen as error:
        raise Stop(Exit.USAGE, f"{error}. {OTHER_ADDRESS}") from None
    except NoToken as error:
        raise Stop(Exit.USAGE, f"{error}. {NEEDS_TOKEN}") from None
    except LogUnreachable as error:
        raise Stop(Exit.UNREACHABLE, f"{error}. {START_BROKER}") from None
    except Exception as error:
        raise Stop(Exit.INTERNAL, f"{told(error)}: start it again.") from error
