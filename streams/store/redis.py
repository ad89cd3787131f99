"""The store in Redis or Valkey: few commands, two functions, no second try."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from streams.store import ApplyRequest, ApplyResult, Fields
from streams.store.client import (
    Client,
    connect,
    decode_names,
    delete_keys,
    encode_pairs,
    run_command,
    scan_hash,
)
from streams.store.cursor_fields import rewound_fields, studies_with_rows
from streams.store.function import check_library, check_server, check_write_access
from streams.store.keys import Keys

__all__ = ["RedisStore", "connect", "run_command"]

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
            await run_command(check_server(self.client))
        await run_command(check_library(self.client))
        if not self.embedded:
            await run_command(check_write_access(self.client, self.keys))

    async def cursor(self) -> Fields:
        """The cursor; empty where there is none."""
        return decode_names(await run_command(self.client.hgetall(self.keys.cursor)))

    async def row(self, study: str) -> Fields:
        """The study's row, all of one moment; empty where there is none."""
        key = self.keys.row(study)
        for _ in range(SCANS_MAX):
            position = await run_command(self.client.hget(key, "pos"))
            fields = await scan_hash(self.client, key)
            if position == await run_command(self.client.hget(key, "pos")):
                return fields
        return decode_names(await run_command(self.client.hgetall(key)))

    async def field(self, study: str, name: str) -> bytes:
        """One field of the study's row; "" where it has none."""
        return await run_command(self.client.hget(self.keys.row(study), name)) or b""

    async def find_fields(self, study: str, prefix: str) -> Fields:
        """The fields of the study's row whose names begin so, each of its own moment."""
        fields = await scan_hash(self.client, self.keys.row(study), prefix)
        return {name: value for name, value in fields.items() if value}

    async def studies(self) -> list[str]:
        """Names of the studies that the cursor knows to have a row."""
        return studies_with_rows(await self.cursor())

    async def positions(self, studies: Iterable[str]) -> dict[str, bytes]:
        """The `pos` of each study's row; "" where it has none."""
        names = list(studies)
        pipe = self.client.pipeline(transaction=False)
        for study in names:
            pipe.hget(self.keys.row(study), "pos")
        positions: list[bytes | None] = await run_command(pipe.execute()) if names else []
        return {study: pos or b"" for study, pos in zip(names, positions, strict=True)}

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        """Change everything that *write* says, or nothing."""
        studies = list(request.positions)
        keys = [self.keys.cursor, self.keys.outbox]
        keys += [self.keys.row(study) for study in studies]
        keys += [self.keys.staged_row(study) for study in request.staged]
        args: list[Any] = [request.first, request.fold_version, len(studies), len(request.staged)]
        args += [encode_pairs(request.outbox), encode_pairs(request.cursor)]
        for study, pos in request.positions.items():
            args += [pos, encode_pairs(request.rows.get(study, {}))]
        for study, staged in request.staged.items():
            args += [studies.index(study) + 1, staged.position, staged.field_count]
        return await self._call_function("tocsin_apply", keys, args)

    async def stage_row(
        self, study: str, position: bytes, fields: Fields, *, begin: bool
    ) -> ApplyResult:
        """Write a part of the row at *pos* aside, emptied first where *begin*."""
        args = [position, "begin" if begin else "go on", encode_pairs(fields)]
        return await self._call_function("tocsin_prepare", [self.keys.staged_row(study)], args)

    async def outbox(self) -> Fields:
        """What is yet to be told."""
        return await scan_hash(self.client, self.keys.outbox)

    async def remove_published(self, names: Iterable[str]) -> None:
        """Take entries out of the outbox: the broker has them."""
        if published := list(names):
            await run_command(self.client.hdel(self.keys.outbox, *published))

    async def release(self, through: int) -> None:
        """Let unreadable records up to offset *through* pass, however many in a row."""
        await run_command(self.client.hset(self.keys.cursor, "released", through))

    async def rewind(self, study: str | None) -> None:
        """Drop one study's row, or the whole partition: cursor first, so that it is refolded."""
        if study is not None:
            key = self.keys.row(study)
            await run_command(self.client.hset(self.keys.cursor, mapping=rewound_fields(study)))
            await run_command(self.client.delete(key, self.keys.staged_row(study)))
            return
        released = await run_command(self.client.hget(self.keys.cursor, "released"))
        await run_command(self.client.delete(self.keys.cursor))
        await run_command(delete_keys(self.client, self.keys.row_prefix))
        if released:
            await run_command(self.client.hset(self.keys.cursor, "released", released))

    async def close(self) -> None:
        """Let go of the service."""
        await self.client.aclose()

    async def _call_function(self, function: str, keys: list[str], args: list[Any]) -> ApplyResult:
        reply = await run_command(self.client.fcall(function, len(keys), *keys, *args))
        return ApplyResult(reply.decode())
