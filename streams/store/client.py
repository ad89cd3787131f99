"""A client of Redis or Valkey that asks once, and whose errors have our names."""

from __future__ import annotations

from collections.abc import Awaitable
from itertools import chain
from typing import Any

import orjson
from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from streams.store import Fields, StoreMisconfigured, StoreNotWritable, StoreUnreachable

TIMEOUT_SECONDS = 5
SCAN_FIELDS = 1_000
"""Of a hash in one command: a larger one would keep all others waiting."""

Client = Any
"""A client of redis-py, or fakeredis in its place: one cannot say what the other returns."""

TRANSIENT_ERRORS = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.ClusterError,
    exceptions.TryAgainError,
    OSError,
)
"""What may be over in a while, without anybody changing what the store is."""

NOT_WRITABLE_ERRORS = (
    exceptions.OutOfMemoryError,
    exceptions.ReadOnlyError,
    exceptions.BusyLoadingError,
)
NOT_WRITABLE_CODES = ("MISCONF", "LOADING", "NOREPLICAS", "BUSY")


def connect(url: str, timeout: float = TIMEOUT_SECONDS) -> Client:
    """A client of the store at *url*, which waits *patience* seconds for each answer.

    A command is sent once: whether one that failed was done is for the cursor to say, not for a
    second try.
    """
    client: Client = Redis
    return client.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
    )


async def run_command(command: Awaitable[Any]) -> Any:
    """What the store says, its errors by our names."""
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
        message = f"{error}".rstrip(".")  # What to do is said behind it.
        raise StoreUnreachable(f"The store does not answer: {message}") from error
    except exceptions.NoPermissionError as error:
        raise StoreMisconfigured(
            f"The store's user lacks a right ({error}): `ACL SETUSER`."
        ) from error
    except exceptions.ResponseError as error:
        if str(error).startswith(NOT_WRITABLE_CODES):
            raise StoreNotWritable(f"The store refuses for now: {error}") from error
        if "Function not found" in str(error):
            raise StoreMisconfigured(
                "The function library is gone: `tocsin store apply`."
            ) from error
        raise StoreMisconfigured(f"The store refuses: {error}.") from error


async def scan_hash(client: Client, key: str, prefix: str = "") -> Fields:
    """A hash, a part at a time; only fields whose names begin so."""
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
    """Take away every key that begins with *prefix*."""
    async for key in client.scan_iter(match=f"{escape_pattern(prefix)}*"):
        await client.delete(key)


def escape_pattern(text: str) -> str:
    """A pattern that matches *text* and nothing else."""
    return "".join(f"\\{each}" if each in "*?[]\\" else each for each in text)


def decode_names(fields: dict[bytes, bytes]) -> Fields:
    """A hash as the server gives it, its names as text."""
    return {name.decode(): value for name, value in fields.items()}


def encode_pairs(fields: Fields) -> bytes:
    """Names and values by turns, as one argument: `apply.lua` says why."""
    values = [value.decode() for value in fields.values()]
    return orjson.dumps(list(chain.from_iterable(zip(fields, values, strict=True))))
