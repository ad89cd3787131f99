"""Admin client of the brokers, for rare operations such as topics and the doctor."""

from __future__ import annotations

import socket
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaConnectionError, KafkaTimeoutError

from streams.login import client_options

DEFAULT_PORT = 9092

Client: Any = KafkaAdminClient
"""Untyped, because the available type stubs are those of kafka-python 2."""


class BrokerUnreachable(Exception):
    """No broker answers at this address.  Start one, or set another address: exit code 4."""


@contextmanager
def admin_client(bootstrap: str, timeout_seconds: float = 10) -> Generator[Any]:
    """Open an admin client of kafka-python for *bootstrap*, and close it at the end.

    Raises BrokerUnreachable where no broker answers.
    """
    check_reachable(bootstrap, timeout_seconds)
    try:
        client = Client(
            bootstrap_servers=bootstrap.split(","),
            bootstrap_timeout_ms=round(1000 * timeout_seconds),
            **client_options(bootstrap),
        )
    except (KafkaTimeoutError, KafkaConnectionError) as error:
        message = f"{bootstrap} accepts connections but is no Kafka broker, or is that of a demo"
        raise BrokerUnreachable(message) from error
    try:
        with client:
            yield client
    except (KafkaTimeoutError, KafkaConnectionError) as error:
        raise BrokerUnreachable(f"the broker at {bootstrap} stopped answering") from error


def check_reachable(bootstrap: str, timeout_seconds: float) -> None:
    """Raise BrokerUnreachable unless one of the brokers accepts a connection.

    The client itself would retry for a long time.
    """
    failures: list[str] = []
    for address in bootstrap.split(","):
        try:
            socket.create_connection(host_and_port(address), timeout=timeout_seconds).close()
        except (OSError, OverflowError) as error:
            failures.append(f"{address} ({getattr(error, 'strerror', None) or error})")
        else:
            return
    raise BrokerUnreachable(f"no Kafka broker at {', '.join(failures)}")


def host_and_port(address: str) -> tuple[str, int]:
    """Split an address such as `broker:9092`, `broker` (port 9092) or `[::1]:9092`."""
    host, colon, port = address.strip().rpartition(":")
    if not colon or port.endswith("]"):
        return address.strip().strip("[]"), DEFAULT_PORT
    return host.strip("[]"), int(port)
