"""The store in Redis or Valkey: seven commands, two functions, no second try."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

import orjson
from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from streams.store import (
    Applied,
    Fields,
    StoreUnreachable,
    Write,
    WrongStore,
    back_to_start,
    studies_in,
)
from streams.store.function import check_library, check_server
from streams.store.keys import Keys

PATIENCE_SECONDS = 2
SCAN_FIELDS = 1_000
"""Of a row in one command: a larger one would keep all others waiting."""

Client = Any
"""A client of redis-py, or fakeredis in its place: one cannot say what the other returns."""

PASSING = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.ReadOnlyError,
    exceptions.OutOfMemoryError,
    exceptions.ClusterError,
    exceptions.TryAgainError,
    OSError,
)
"""What may be over in a while, without anybody changing what the store is."""

PASSING_CODES = ("MISCONF", "LOADING", "NOREPLICAS", "BUSY")


def connect(url: str) -> Client:
    """A client of the store at *url*.

    A command is sent once: whether one that failed was done is for the cursor to say, not for a
    second try.
    """
    client: Client = Redis
    return client.from_url(
        url,
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


async def answer(asked: Awaitable[Any]) -> Any:
    """What the store says, its errors by our names."""
    try:
        return await asked
    except PASSING as error:
        raise StoreUnreachable(str(error)) from error
    except exceptions.NoPermissionError as error:
        raise WrongStore(f"The store's user lacks a right ({error}): `ACL SETUSER`.") from error
    except exceptions.ResponseError as error:
        if str(error).startswith(PASSING_CODES):
            raise StoreUnreachable(str(error)) from error
        if "Function not found" in str(error):
            raise WrongStore("The function library is gone: `tocsin store apply`.") from error
        raise WrongStore(f"The store refuses: {error}.") from error


@dataclass(frozen=True, slots=True)
class RedisStore:
    """The keys of one partition in one space, by way of *client*.

    An *embedded* store is fakeredis in this process: it never evicts and has no INFO to say so.
    """

    client: Client
    keys: Keys
    embedded: bool = False

    async def check(self) -> None:
        """Raise WrongStore where it must not be written to: policy, version, function library."""
        if not self.embedded:
            await answer(check_server(self.client))
        await answer(check_library(self.client))

    async def cursor(self) -> Fields:
        """The cursor; empty where there is none."""
        return named(await answer(self.client.hgetall(self.keys.cursor)))

    async def row(self, study: str) -> Fields:
        """The study's row, all of one moment; empty where there is none."""
        key = self.keys.row(study)
        while True:
            before = await answer(self.client.hget(key, "pos"))
            fields = await self._scan(key)
            if before == await answer(self.client.hget(key, "pos")):
                return fields

    async def studies(self) -> list[str]:
        """Names of the studies that the cursor knows to have a row."""
        return studies_in(await self.cursor())

    async def positions(self, studies: Iterable[str]) -> dict[str, bytes]:
        """The `pos` of each study's row; "" where it has none."""
        names = list(studies)
        pipe = self.client.pipeline(transaction=False)
        for study in names:
            pipe.hget(self.keys.row(study), "pos")
        found: list[bytes | None] = await answer(pipe.execute()) if names else []
        return {study: pos or b"" for study, pos in zip(names, found, strict=True)}

    async def apply(self, write: Write) -> Applied:
        """Change everything that *write* says, or nothing."""
        studies = list(write.positions)
        keys = [self.keys.cursor, self.keys.outbox]
        keys += [self.keys.row(study) for study in studies]
        keys += [self.keys.aside(study) for study in write.swapped]
        args: list[Any] = [write.first, write.code, len(studies), len(write.swapped)]
        args += [pairs(write.outbox), pairs(write.cursor)]
        for study, pos in write.positions.items():
            args += [pos, pairs(write.rows.get(study, {}))]
        for study, aside in write.swapped.items():
            args += [studies.index(study) + 1, aside.pos, aside.fields]
        return await self._call("tocsin_apply", keys, args)

    async def prepare(self, study: str, pos: bytes, fields: Fields, *, begin: bool) -> Applied:
        """Write a part of the row at *pos* aside, emptied first where *begin*."""
        args = [pos, "begin" if begin else "go on", pairs(fields)]
        return await self._call("tocsin_prepare", [self.keys.aside(study)], args)

    async def outbox(self) -> Fields:
        """What is yet to be told."""
        return await self._scan(self.keys.outbox)

    async def told(self, names: Iterable[str]) -> None:
        """Take entries out of the outbox: the broker has them."""
        if done := list(names):
            await answer(self.client.hdel(self.keys.outbox, *done))

    async def release(self, through: int) -> None:
        """Let unreadable records up to offset *through* pass, however many in a row."""
        await answer(self.client.hset(self.keys.cursor, "released", through))

    async def rewind(self, study: str | None) -> None:
        """Drop one study's row, or the whole partition: cursor first, so that it is refolded."""
        if study is not None:
            key = self.keys.row(study)
            await answer(self.client.hset(self.keys.cursor, mapping=back_to_start(study)))
            await answer(self.client.delete(key, self.keys.aside(study)))
            return
        released = await answer(self.client.hget(self.keys.cursor, "released"))
        await answer(self.client.delete(self.keys.cursor))
        await answer(self._sweep())
        if released:
            await answer(self.client.hset(self.keys.cursor, "released", released))

    async def close(self) -> None:
        """Let go of the service."""
        await self.client.aclose()

    async def _call(self, function: str, keys: list[str], args: list[Any]) -> Applied:
        said = await answer(self.client.fcall(function, len(keys), *keys, *args))
        return Applied(said.decode())

    async def _sweep(self) -> None:
        """Take away every key of the partition."""
        async for key in self.client.scan_iter(match=f"{self.keys.prefix}*"):
            await self.client.delete(key)

    async def _scan(self, key: str) -> Fields:
        """A hash, a part at a time."""
        found: dict[bytes, bytes] = {}
        at = None
        while at != 0:
            at, part = await answer(self.client.hscan(key, at or 0, count=SCAN_FIELDS))
            found |= part
        return named(found)


def named(found: dict[bytes, bytes]) -> Fields:
    """A hash as the server gives it, its names as text."""
    return {name.decode(): value for name, value in found.items()}


def pairs(fields: Fields) -> bytes:
    """Names and values by turns, as one argument: `apply.lua` says why."""
    values = [value.decode() for value in fields.values()]
    return orjson.dumps(list(chain.from_iterable(zip(fields, values, strict=True))))
