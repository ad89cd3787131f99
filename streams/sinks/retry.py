"""Tries a sink a few times within seconds; what comes after that is decided from the ledger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import stamina

from streams.sinks import SinkDown

ATTEMPTS = 3
TIMEOUT_SECONDS = 12.0
"""A round that lasts longer is of the past: the ledger is read again before the next."""

WAIT_SECONDS = 0.2
WAIT_SECONDS_MAX = 2.0


async def with_retries(action: Callable[[], Awaitable[None]]) -> None:
    """*act*, again where nobody answers.  A refusal is final: the same again is refused again."""
    attempts = stamina.retry_context(
        on=SinkDown,
        attempts=ATTEMPTS,
        timeout=TIMEOUT_SECONDS,
        wait_initial=WAIT_SECONDS,
        wait_max=WAIT_SECONDS_MAX,
        wait_jitter=WAIT_SECONDS,
    )
    async for attempt in attempts:
        with attempt:
            await action()


def silence_retry_logs() -> None:
    """Let retries be logged by nobody: their only trace is the sink that is said to be down."""
    stamina.instrumentation.set_on_retry_hooks([])
