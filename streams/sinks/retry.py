"""Retries a sink within seconds; later attempts are decided from the notification log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import stamina

from streams.sinks import SinkDown

ATTEMPTS = 3
TIMEOUT_SECONDS = 12.0
"""Limit for all attempts together; later, the notification log must be read again first."""

WAIT_SECONDS = 0.2
WAIT_SECONDS_MAX = 2.0


async def with_retries(action: Callable[[], Awaitable[None]]) -> None:
    """Run *action*, and retry it on SinkDown; SinkRefuses is final, as a retry would repeat it.

    Raises the last SinkDown, or SinkRefuses.
    """
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
    """Turn off the log lines of retries; a failing sink is reported once, by its route."""
    stamina.instrumentation.set_on_retry_hooks([])
