"""The store in Redis or Valkey: few commands, two functions, no second try."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from streams.store import Applied, Fields, Write
from streams.store.client import Client, answer, connect, named, pairs, scan, sweep
from streams.store.cursor_fields import back_to_start, studies_in
from streams.store.function import check_library, check_server, check_writing
from streams.store.keys import Keys

__all__ = ["RedisStore", "answer", "connect"]

SCANS_MAX = 5
"""A row that moves under so many scans is read by one command: it keeps others waiting, but ends.
"""


@dataclass(frozen=True, slots=True)
class RedisStore:
    """The keys of one partition in one space, by way of *client*.

    An *embedded* store is fakeredis in this process: it never evicts, and has no INFO to say so,
    no limit and no users.
    """

    client: Client
    keys: Keys
    embedded: bool = False

    async def check(self) -> None:
        """Raise WrongStore where it must not be written to: policy, version, library, rights.

        Raises StoreRefuses where it could be, and takes nothing now.
        """
        if not self.embedded:
            await answer(check_server(self.client))
        await answer(check_library(self.client))
        if not self.embedded:
            await answer(check_writing(self.client, self.keys))

    async def cursor(self) -> Fields:
        """The cursor; empty where there is none."""
        return named(await answer(self.client.hgetall(self.keys.cursor)))

    async def row(self, study: str) -> Fields:
        """The study's row, all of one moment; empty where there is none."""
        key = self.keys.row(study)
        for _ in range(SCANS_MAX):
            before = await answer(self.client.hget(key, "pos"))
            fields = await scan(self.client, key)
            if before == await answer(self.client.hget(key, "pos")):
                return fields
        return named(await answer(self.client.hgetall(key)))

    async def field(self, study: str, name: str) -> bytes:
        """One field of the study's row; "" where it has none."""
        return await answer(self.client.hget(self.keys.row(study), name)) or b""

    async def find(self, study: str, beginning: str) -> Fields:
        """The fields of the study's row whose names begin so, each of its own moment."""
        found = await scan(self.client, self.keys.row(study), beginning)
        return {name: value for name, value in found.items() if value}

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
        return await scan(self.client, self.keys.outbox)

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
        await answer(sweep(self.client, self.keys.rows))
        if released:
            await answer(self.client.hset(self.keys.cursor, "released", released))

    async def close(self) -> None:
        """Let go of the service."""
        await self.client.aclose()

    async def _call(self, function: str, keys: list[str], args: list[Any]) -> Applied:
        said = await answer(self.client.fcall(function, len(keys), *keys, *args))
        return Applied(said.decode())
