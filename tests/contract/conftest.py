"""A cluster for tests about topics, a store for those about stores, a site for those of workers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from streams.broker import administer
from streams.services.kafka_server import KafkaServer
from tests.contract.cluster import clear
from tests.contract.sites import site
from tests.contract.stores import made

__all__ = ["admin", "made", "site"]


@pytest.fixture
def admin(kafka: KafkaServer) -> Iterator[Any]:
    """A client of a cluster without any of our topics."""
    with administer(kafka.bootstrap) as admin:
        clear(admin)
        yield admin
        clear(admin)
