"""Client of Redis or Valkey without retries, whose errors are translated to those of stores."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import orjson
from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from streams.store import Fields, StoreMisconfigured, StoreNotWritable, StoreUnreachable

TIMEOUT_SECONDS = 5
SCAN_FIELDS = 1_000
"""Fields of a hash that one command reads; more would delay the commands of other clients."""

Client = Any
"""A client of redis-py or fakeredis; untyped, because their return types differ."""

TRANSIENT_ERRORS = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.ClusterError,
    exceptions.TryAgainError,
    OSError,
)
"""Errors that may end without a change of the store's configuration."""

NOT_WRITABLE_ERRORS = (
    exceptions.OutOfMemoryError,
    exceptions.ReadOnlyError,
    exceptions.BusyLoadingError,
)
"""Errors of a store that answers but refuses commands for now."""

NOT_WRITABLE_CODES = ("MISCONF", "LOADING", "NOREPLICAS", "BUSY")
"""Prefixes of other server errors with the same meaning."""


def connect(url: str, timeout: float = TIMEOUT_SECONDS) -> Client:
    """Return a client of the store at *url*, with a *timeout* in seconds for each answer.

    Commands are not retried: after a failure, the cursor shows whether the command was executed.
    """
    client: Client = Redis
    return client.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
    )


async def run_command(command: Awaitable[Any]) -> Any:
    """Await *command*.

    Raises StoreNotWritable, StoreUnreachable or StoreMisconfigured in place of the client's errors.
    """
    try:
        return await command
    except NOT_WRITABLE_ERRORS as error:
        raise StoreNotWritable(f"The store refuses for now: {error}") from error
    except exceptions.AuthenticationError as error:
        message = (
            f"The store refuses the user or the password ({error}): `export TOCSIN_STORE=...`."
        )
        raise StoreMisconfigured(message) from error
    except TRANSIENT_ERRORS as error:
        message = f"{error}".rstrip(".")  # Callers append the remedy.
        raise StoreUnreachable(f"The store does not answer: {message}") from error
    except exceptions.NoPermissionError as error:
        raise StoreMisconfigured(
            f"The store's user lacks a right ({error}): grant it with `ACL SETUSER`."
        ) from error
    except exceptions.ResponseError as error:
        if str(error).startswith(NOT_WRITABLE_CODES):
            raise StoreNotWritable(f"The store refuses for now: {error}") from error
        if "Function not found" in str(error):
            raise StoreMisconfigured(
                "The function library is missing: `tocsin store apply` loads it."
            ) from error
        raise StoreMisconfigured(f"The store refuses: {error}.") from error


async def scan_hash(client: Client, key: str, prefix: str = "") -> Fields:
    """Read a hash in parts of ``SCAN_FIELDS``; only the fields whose names begin with *prefix*."""
    pattern = f"{escape_pattern(prefix)}*" if prefix else None
    fields: dict[bytes, bytes] = {}
    scan_cursor = None
    while scan_cursor != 0:
        scan_cursor, part = await run_command(
            client.hscan(key, scan_cursor or 0, pattern, SCAN_FIELDS)
        )
        fields |= part
    return decode_names(fields)


async def delete_keys(client: Client, prefix: str) -> None:
    """Delete every key that begins with *prefix*."""
    async for key in client.scan_iter(match=f"{escape_pattern(prefix)}*"):
        await client.delete(key)


def escape_pattern(text: str) -> str:
    """Return a glob pattern of Redis that matches exactly *text*."""
    return "".join(f"\\{each}" if each in "*?[]\\" else each for each in text)


def decode_names(fields: dict[bytes, bytes]) -> Fields:
    """Decode the names of a hash as the server returns it; values stay bytes."""
    return {name.decode(): value for name, value in fields.items()}


def encode_pairs(fields: Fields) -> bytes:
    """Encode names and values alternately as one JSON array, as `apply.lua` expects them."""
    pairs = [""] * (2 * len(fields))
    pairs[::2], pairs[1::2] = fields, map(bytes.decode, fields.values())
    return orjson.dumps(pairs)
