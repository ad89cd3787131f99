"""The Faust app of the worker: its settings, each with its reason, and the agent that folds."""

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
    # A worker that died gives up its partitions after this long.
    "broker_session_timeout": 10,
    "broker_heartbeat_interval": 3,
    # The batch that is being folded is waited for when partitions are taken away.
    "broker_rebalance_timeout": 60,
    "broker_request_timeout": 40,
    # A worker that waits for its store does not fetch; it gets on or ends by its own rule.
    "broker_max_poll_interval": 24 * 60 * 60,
    "stream_recovery_delay": 0,
}

FAUST_SETTINGS: dict[str, Any] = {
    # Its web server shows tables to whoever asks, on all interfaces.
    "web_enabled": False,
    # It would make a topic of its own to elect a leader, whom nobody needs.
    "topic_disable_leader": True,
    "topic_allow_declare": False,
    # So soon a log that was given more partitions ends the worker (streams/worker/process.py).
    "consumer_metadata_max_age_ms": 10_000,
    # A log that was made anew under a kept store must stop the worker, never be folded.
    "consumer_auto_offset_reset": "none",
    # On stop and rebalance it calls `wait_empty`, which waits for the batch in flight.
    "stream_wait_empty": True,
    "worker_redirect_stdouts": False,
    "key_serializer": "raw",
    "value_serializer": "raw",
}


def make_app(
    settings: Settings, handler: BatchHandler, *, space: str = LIVE_SPACE, check_crcs: bool = True
) -> faust.App:
    """The app that hands what it fetches to *reader*.

    Workers of one *space* share the partitions.  *check* is whether each fetched batch has a
    checksum: those of the mock broker's markers are wrong.
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
    # What is announced goes by a producer that waits for every copy (streams/outbox/relay.py).
    app.boot_strategy.enable_kafka_producer = False
    channel = app.channel(maxsize=QUEUED_MAX)
    transport = app.transport = Transport(urls, app)
    transport.handler, transport.channel = handler, channel
    app.topics.add(app.topic(LOG, acks=False))
    app.agent(channel, name="fold", concurrency=1)(agent_body(handler))
    return app


def group_of(space: str) -> str:
    """The group of the workers of *space*.

    >>> group_of("live")
    'tocsin-live'
    """
    return f"tocsin-{space}"


def consumer_of(app: faust.App) -> Consumer:
    """The consumer of *app*, which its transport makes."""
    return cast(Consumer, app.consumer)


async def wait_rebalanced(app: faust.App) -> None:
    """Come back when no rebalance goes on, or after five seconds.

    To stop *app* within one leaves tasks that Faust starts again, having just cut them off.
    """
    for _ in range(50):
        if not app.rebalancing:
            return
        await asyncio.sleep(0.1)


def faust_credentials(login: Login) -> faust.SASLCredentials | faust.SSLCredentials | None:
    """The login as Faust takes it."""
    if login.uses_sasl:
        return faust.SASLCredentials(
            username=login.user,
            password=login.password,
            mechanism=login.mechanism,
            ssl_context=login.ssl_context,
        )
    return faust.SSLCredentials(login.ssl_context) if login.ssl_context else None


class App(faust.App):
    """Faust's app without the folder that it makes for tables: we have none."""

    def _create_directories(self) -> None:
        pass


def agent_body(handler: BatchHandler) -> Callable[[AsyncIterable[FetchedBatch]], Awaitable[None]]:
    """The body of the agent.  ``fold`` never raises: with the agent its batch would be gone."""

    async def fold(batches: AsyncIterable[FetchedBatch]) -> None:
        async for batch in batches:
            await handler.dispatch(batch)

    return fold
