"""Start checks and error handling of the long-running commands `run` and `deliver`."""

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

START_BROKER_REMEDY = "Start a broker (`make kafka`), or set TOCSIN_BROKER."

OTHER_ADDRESS_REMEDY = (
    "Set another address in TOCSIN_HEALTH, TOCSIN_METRICS_OPEN or TOCSIN_METRICS_CLOSED."
)
MISSING_TOKEN_REMEDY = (
    "Set TOCSIN_METRICS_TOKEN_FILE to a file with a token, or turn closed metrics off."
)

PARTITION_SETTINGS = {
    LOG: ("a study", "TOCSIN_LOG_PARTITIONS"),
    ALERTS: ("an alert", "TOCSIN_ALERT_PARTITIONS"),
    NOTIFIED: ("an alert", "TOCSIN_ALERT_PARTITIONS"),
}
"""By topic, the entity whose partition follows from the partition count, and its setting."""


def check_topics(settings: Settings, expected: Mapping[str, int]) -> None:
    """Check that each topic of *expected* exists and has the given number of partitions.

    Raises Stop where the broker is unreachable or refuses, or a topic differs.
    """
    try:
        with admin_client(settings.broker) as admin:
            actual = partition_counts(admin, expected)
    except BrokerUnreachable as error:
        raise Stop(Exit.UNREACHABLE, f"{error}. {START_BROKER_REMEDY}") from None
    except KafkaError as error:
        raise Stop(Exit.USAGE, f"the broker refused the request: {error}.") from None
    if missing := [name for name in expected if name not in actual]:
        raise Stop(Exit.USAGE, f"{missing_topics_message(missing, settings.broker)}.")
    for name, partitions in expected.items():
        if actual[name] != partitions:
            expectation = (
                f"the setting is {partitions}"
                if name in PARTITION_SETTINGS
                else f"must have {partitions}"
            )
            message = f"{name} has {actual[name]} partitions, but {expectation}."
            raise Stop(Exit.USAGE, f"{message} {partition_count_remedy(name)}")


def missing_topics_message(topics: Sequence[str], bootstrap: str) -> str:
    """Message for topics that the brokers do not list.

    A client with a SASL login may lack the right to see them, which the message then mentions.
    """
    names = ", ".join(topics)
    if login_of(bootstrap).uses_sasl:
        return missing_topic_message(names, bootstrap)
    return f"no topic {names}: `tocsin topics apply` creates the topics"


def partition_counts(admin: Any, names: Mapping[str, int]) -> dict[str, int]:
    """Number of partitions of each topic of *names* that exists."""
    existing = set(admin.list_topics()) & names.keys()
    descriptions: list[dict[str, Any]] = admin.describe_topics(sorted(existing)) if existing else []
    return {each["name"]: len(each["partitions"]) for each in descriptions}


def partition_count_remedy(topic: str) -> str:
    """Remedy for a topic with another number of partitions, which is never altered."""
    if topic not in PARTITION_SETTINGS:
        return "Only one partition is read: save its records, and create the topic again."
    entity, setting = PARTITION_SETTINGS[topic]
    return f"The number determines the partition of {entity}: set {setting} to that of the topic."


@contextmanager
def daemon_errors() -> Generator[None]:
    """Turn errors of the body into Stop, with one line and a remedy.

    Of an unexpected error only the place is printed, because its text may quote a record.
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
        raise Stop(Exit.INTERNAL, f"{public_message(error)}: start the command again.") from error
