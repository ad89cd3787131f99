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

from streams.store import Fields, StoreRefuses, StoreUnreachable, WrongStore

PATIENCE_SECONDS = 5
SCAN_FIELDS = 1_000
"""Of a hash in one command: a larger one would keep all others waiting."""

Client = Any
"""A client of redis-py, or fakeredis in its place: one cannot say what the other returns."""

PASSING = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.ClusterError,
    exceptions.TryAgainError,
    OSError,
)
"""What may be over in a while, without anybody changing what the store is."""

REFUSING = (exceptions.OutOfMemoryError, exceptions.ReadOnlyError, exceptions.BusyLoadingError)
PASSING_CODES = ("MISCONF", "LOADING", "NOREPLICAS", "BUSY")


def connect(url: str, patience: float = PATIENCE_SECONDS) -> Client:
    """A client of the store at *url*, which waits *patience* seconds for each answer.

    A command is sent once: whether one that failed was done is for the cursor to say, not for a
    second try.
    """
    client: Client = Redis
    return client.from_url(
        url,
        socket_timeout=patience,
        socket_connect_timeout=patience,
        retry=Retry(NoBackoff(), 0),
    )


async def answer(asked: Awaitable[Any]) -> Any:
    """What the store says, its errors by our names."""
    try:
        return await asked
    except REFUSING as error:
        raise StoreRefuses(f"The store refuses for now: {error}") from error
    except exceptions.AuthenticationError as error:
        says = f"The store refuses the user or the password ({error}): `export TOCSIN_STORE=...`."
        raise WrongStore(says) from error
    except PASSING as error:
        says = f"{error}".rstrip(".")  # What to do is said behind it.
        raise StoreUnreachable(f"The store does not answer: {says}") from error
    except exceptions.NoPermissionError as error:
        raise WrongStore(f"The store's user lacks a right ({error}): `ACL SETUSER`.") from error
    except exceptions.ResponseError as error:
        if str(error).startswith(PASSING_CODES):
            raise StoreRefuses(f"The store refuses for now: {error}") from error
        if "Function not found" in str(error):
            raise WrongStore("The function library is gone: `tocsin store apply`.") from error
        raise WrongStore(f"The store refuses: {error}.") from error


async def scan(client: Client, key: str, beginning: str = "") -> Fields:
    """A hash, a part at a time; only fields whose names begin so."""
    match = f"{literal(beginning)}*" if beginning else None
    found: dict[bytes, bytes] = {}
    at = None
    while at != 0:
        at, part = await answer(client.hscan(key, at or 0, match, SCAN_FIELDS))
        found |= part
    return named(found)


async def sweep(client: Client, prefix: str) -> None:
    """Take away every key that begins with *prefix*."""
    async for key in client.scan_iter(match=f"{literal(prefix)}*"):
        await client.delete(key)


def literal(text: str) -> str:
    """A pattern that matches *text* and nothing else."""
    return "".join(f"\\{each}" if each in "*?[]\\" else each for each in text)


def named(found: dict[bytes, bytes]) -> Fields:
    """A hash as the server gives it, its names as text."""
    return {name.decode(): value for name, value in found.items()}


def pairs(fields: Fields) -> bytes:
    """Names and values by turns, as one argument: `apply.lua` says why."""
    values = [value.decode() for value in fields.values()]
    return orjson.dumps(list(chain.from_iterable(zip(fields, values, strict=True))))
