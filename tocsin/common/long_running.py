"""What the processes that stay, `run` and `deliver`, have in common: how they begin and end."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kafka.errors import KafkaError

from streams.health.listener import CannotListen
from streams.kafka.admin import BrokerUnreachable, admin_client
from streams.kafka.topics import ALERTS, LOG, NOTIFIED
from streams.log import LogUnreachable
from streams.login import login_of, missing_topic_message
from streams.metrics import NoToken
from streams.settings import Settings
from streams.worker.public_errors import public_message
from tocsin.common.exits import Exit, Stop

START_BROKER_REMEDY = "Start one (`make kafka`), or name yours in TOCSIN_BROKER."

OTHER_ADDRESS_REMEDY = (
    "Name another address in TOCSIN_HEALTH, TOCSIN_METRICS_OPEN or TOCSIN_METRICS_CLOSED."
)
MISSING_TOKEN_REMEDY = (
    "Name a file with a token in TOCSIN_METRICS_TOKEN_FILE, or leave closed metrics off."
)

PARTITION_SETTINGS = {
    LOG: ("a study", "TOCSIN_LOG_PARTITIONS"),
    ALERTS: ("an alert", "TOCSIN_ALERT_PARTITIONS"),
    NOTIFIED: ("an alert", "TOCSIN_ALERT_PARTITIONS"),
}
"""What lies where by the number of partitions, and the setting that says it."""


def check_topics(settings: Settings, expected: Mapping[str, int]) -> None:
    """Stop where there is no broker, or a topic of *wanted* is missing or has other partitions."""
    try:
        with admin_client(settings.broker) as admin:
            actual = partition_counts(admin, expected)
    except BrokerUnreachable as error:
        raise Stop(Exit.UNREACHABLE, f"{error}. {START_BROKER_REMEDY}") from None
    except KafkaError as error:
        raise Stop(Exit.USAGE, f"the broker refuses: {error}.") from None
    if missing := [name for name in expected if name not in actual]:
        raise Stop(Exit.USAGE, f"{missing_topics_message(missing, settings.broker)}.")
    for name, partitions in expected.items():
        if actual[name] != partitions:
            expectation = (
                f"the settings say {partitions}"
                if name in PARTITION_SETTINGS
                else f"must have {partitions}"
            )
            message = f"{name} has {actual[name]} partitions, and {expectation}."
            raise Stop(Exit.USAGE, f"{message} {partition_count_remedy(name)}")


def missing_topics_message(topics: Sequence[str], bootstrap: str) -> str:
    """What to say where brokers show no such *topics*: whoever logs in may not see them all."""
    names = ", ".join(topics)
    if login_of(bootstrap).uses_sasl:
        return missing_topic_message(names, bootstrap)
    return f"no topic {names}: `tocsin topics apply` makes the topics"


def partition_counts(admin: Any, names: Mapping[str, int]) -> dict[str, int]:
    """How many partitions each topic has, of those that are there."""
    existing = set(admin.list_topics()) & names.keys()
    descriptions: list[dict[str, Any]] = admin.describe_topics(sorted(existing)) if existing else []
    return {each["name"]: len(each["partitions"]) for each in descriptions}


def partition_count_remedy(topic: str) -> str:
    """What to do where a topic is of another shape: it is never altered."""
    if topic not in PARTITION_SETTINGS:
        return "It is read from one: keep what it holds, and make it anew."
    entity, setting = PARTITION_SETTINGS[topic]
    return f"It says where {entity} lies: set {setting} to what is there."


@contextmanager
def daemon_errors() -> Generator[None]:
    """End the command as what ends it is called; an error that nobody foresaw by where it arose.

    Its words may quote a record.
    """
    try:
        yield
    except Stop:
        raise
    except CannotListen as error:
        raise Stop(Exit.USAGE, f"{error}. {OTHER_ADDRESS_REMEDY}") from None
    except NoToken as error:
        raise Stop(Exit.USAGE, f"{error}. {MISSING_TOKEN_REMEDY}") from None
    except LogUnreachable as error:
        raise Stop(Exit.UNREACHABLE, f"{error}. {START_BROKER_REMEDY}") from None
    except Exception as error:
        raise Stop(Exit.INTERNAL, f"{public_message(error)}: start it again.") from error
