"""Builds the Faust app of the worker: its settings, each with its reason, and the agent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable
from typing import Any, cast

import faust
from yarl import URL

from streams.kafka.topics import LOG, LOG_BYTES_MAX
from streams.login import Login, login_of
from streams.settings import Settings
from streams.store import LIVE_SPACE
from streams.worker.batch_handler import BatchHandler, FetchedBatch
from streams.worker.consumer import QUEUED_MAX, Consumer, Transport

FAUST_SECONDS = {
    # The partitions of a dead worker are reassigned after this long.
    "broker_session_timeout": 10,
    "broker_heartbeat_interval": 3,
    # A rebalance waits at most this long for the batch in flight.
    "broker_rebalance_timeout": 60,
    "broker_request_timeout": 40,
    # A worker that waits for its store does not poll; ``Progress`` ends one that makes none.
    "broker_max_poll_interval": 24 * 60 * 60,
    "stream_recovery_delay": 0,
}

FAUST_SETTINGS: dict[str, Any] = {
    # Faust's web server shows tables to anybody, on all interfaces.
    "web_enabled": False,
    # Leader election would create a topic of its own; no code needs a leader.
    "topic_disable_leader": True,
    "topic_allow_declare": False,
    # A log that gets more partitions ends the worker this soon (streams/worker/process.py).
    "consumer_metadata_max_age_ms": 10_000,
    # A re-created log under an existing store must stop the partition, and never be folded.
    "consumer_auto_offset_reset": "none",
    # On stop and rebalance Faust calls `wait_empty`, which waits for the batch in flight.
    "stream_wait_empty": True,
    "worker_redirect_stdouts": False,
    "key_serializer": "raw",
    "value_serializer": "raw",
}


def make_app(
    settings: Settings, handler: BatchHandler, *, space: str = LIVE_SPACE, check_crcs: bool = True
) -> faust.App:
    """Return the Faust app whose agent passes fetched batches to *handler*.

    Workers of one *space* form a consumer group and share the partitions.  *check_crcs* verifies
    the checksum of each fetched batch; turn it off for librdkafka's mock broker, whose transaction
    markers have wrong checksums.
    """
    urls = [URL(f"kafka://{address}") for address in settings.broker.split(",")]
    app = App(
        group_of(space),
        broker=urls,
        broker_credentials=faust_credentials(login_of(settings.broker)),
        broker_max_poll_records=settings.poll_records,
        broker_check_crcs=check_crcs,
        consumer_max_fetch_size=4 * LOG_BYTES_MAX,
        **FAUST_SECONDS,
        **FAUST_SETTINGS,
    )
    # The outbox has a producer of its own, which waits for all replicas (streams/kafka/sender.py).
    app.boot_strategy.enable_kafka_producer = False
    channel = app.channel(maxsize=QUEUED_MAX)
    transport = app.transport = Transport(urls, app)
    transport.handler, transport.channel = handler, channel
    app.topics.add(app.topic(LOG, acks=False))
    app.agent(channel, name="fold", concurrency=1)(agent_body(handler))
    return app


def group_of(space: str) -> str:
    """Return the consumer group of the workers of *space*.

    >>> group_of("live")
    'tocsin-live'
    """
    return f"tocsin-{space}"


def consumer_of(app: faust.App) -> Consumer:
    """Return the consumer of *app*, which ``Transport`` creates."""
    return cast(Consumer, app.consumer)


async def wait_rebalanced(app: faust.App) -> None:
    """Wait until no rebalance is in progress, for at most five seconds.

    If *app* is stopped during a rebalance, Faust restarts tasks that it has just cancelled.
    """
    for _ in range(50):
        if not app.rebalancing:
            return
        await asyncio.sleep(0.1)


def faust_credentials(login: Login) -> faust.SASLCredentials | faust.SSLCredentials | None:
    """Return *login* as Faust's credentials; None where it uses neither SASL nor TLS."""
    if login.uses_sasl:
        return faust.SASLCredentials(
            username=login.user,
            password=login.password,
            mechanism=login.mechanism,
            ssl_context=login.ssl_context,
        )
    return faust.SSLCredentials(login.ssl_context) if login.ssl_context else None


class App(faust.App):
    """Faust's app without the directory that it creates for tables, which this app has none of."""

    def _create_directories(self) -> None:
        pass


def agent_body(handler: BatchHandler) -> Callable[[AsyncIterable[FetchedBatch]], Awaitable[None]]:
    """Return the body of the agent, which dispatches each batch to *handler*.

    ``dispatch`` must not raise: an exception would end the agent, and lose the batch.
    """

    async def fold(batches: AsyncIterable[FetchedBatch]) -> None:
        async for batch in batches:
            await handler.dispatch(batch)

    return fold
