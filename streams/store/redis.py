"""Store in Redis or Valkey, written by the functions of `apply.lua`, without retries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from streams.store import ApplyRequest, ApplyResult, Fields, RowHead
from streams.store.client import (
    Client,
    connect,
    decode_names,
    delete_keys,
    encode_pairs,
    run_command,
    scan_hash,
)
from streams.store.cursor_fields import (
    is_operator_field,
    released_fields,
    rewound_fields,
    studies_with_rows,
)
from streams.store.function import check_library, check_server, check_write_access
from streams.store.keys import Keys
from streams.store.shared_calls import SharedCalls

__all__ = ["RedisStore", "connect", "run_command"]

SCANS_MAX = 5
"""Scans of a row that changes meanwhile, before one blocking command reads the whole row."""


@dataclass(frozen=True, slots=True)
class RedisStore:
    """Store of one partition in one space, accessed by *client*.

    With *calls* it sends its function calls together with those of other partitions.  An
    *embedded* store is fakeredis in this process: it never evicts, and has no INFO, no memory
    limit and no users, so those are not checked.
    """

    client: Client
    keys: Keys
    embedded: bool = False
    calls: SharedCalls | None = None

    async def check(self) -> None:
        """Check that the store can be written to.

        Raises StoreMisconfigured where an operator must change its version, policy, library or
        rights, and StoreNotWritable where it refuses writes for now.
        """
        if not self.embedded:
            await run_command(check_server(self.client))
        await run_command(check_library(self.client))
        if not self.embedded:
            await run_command(check_write_access(self.client, self.keys))

    async def cursor(self) -> Fields:
        """Return the cursor's fields; empty if there is none."""
        return decode_names(await run_command(self.client.hgetall(self.keys.cursor)))

    async def row(self, study: str) -> Fields:
        """Return the study's row as of one moment; empty if there is none.

        A scan is consistent if `pos` is the same before and after it.
        """
        key = self.keys.row(study)
        for _ in range(SCANS_MAX):
            position = await run_command(self.client.hget(key, "pos"))
            fields = await scan_hash(self.client, key)
            if position == await run_command(self.client.hget(key, "pos")):
                return fields
        return decode_names(await run_command(self.client.hgetall(key)))

    async def field(self, study: str, name: str) -> bytes:
        """Return one field of the study's row; empty if it has none."""
        return await run_command(self.client.hget(self.keys.row(study), name)) or b""

    async def find_fields(self, study: str, prefix: str) -> Fields:
        """Return the fields of the study's row whose names begin with *prefix*.

        They may be of different moments.
        """
        fields = await scan_hash(self.client, self.keys.row(study), prefix)
        return {name: value for name, value in fields.items() if value}

    async def studies(self) -> list[str]:
        """Return the names of the studies that have a row according to the cursor."""
        return studies_with_rows(await self.cursor())

    async def heads(self, studies: Iterable[str]) -> dict[str, RowHead]:
        """Return `pos` and `digest` of each study's row, of one moment; empty without a row."""
        names = list(studies)
        pipe = self.client.pipeline(transaction=False)
        for study in names:
            pipe.hmget(self.keys.row(study), "pos", "digest")
        heads: list[list[bytes | None]] = await run_command(pipe.execute()) if names else []
        return {
            study: RowHead(pos or b"", digest or b"")
            for study, (pos, digest) in zip(names, heads, strict=True)
        }

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        """Apply the whole *request*, or nothing."""
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
        """Write a part of the staged row at *position*; with *begin*, delete it first."""
        args = [position, "begin" if begin else "go on", encode_pairs(fields)]
        return await self._call_function("tocsin_prepare", [self.keys.staged_row(study)], args)

    async def outbox(self) -> Fields:
        """Return the outbox: alerts and dead letters that are not published yet."""
        return await scan_hash(self.client, self.keys.outbox)

    async def remove_published(self, names: Iterable[str]) -> None:
        """Remove entries from the outbox after the broker confirmed them."""
        if published := list(names):
            await run_command(self.client.hdel(self.keys.outbox, *published))

    async def release(self, through: int, *, batch_from: int | None = None) -> None:
        """Allow any number of unreadable records in a row up to offset *through*, inclusive.

        With *batch_from*, leave out instead the unreadable batch from there to *through*.
        """
        fields = released_fields(through, batch_from)
        await run_command(self.client.hset(self.keys.cursor, mapping=fields))

    async def rewind(self, study: str | None) -> None:
        """Reset the cursor first, then delete the row of *study*, or all rows.

        An operator's fields are never deleted: an interrupted rewind keeps what was released
        or passed.
        """
        if study is not None:
            key = self.keys.row(study)
            await run_command(self.client.hset(self.keys.cursor, mapping=rewound_fields(study)))
            await run_command(self.client.delete(key, self.keys.staged_row(study)))
            return
        if reset := [name for name in await self.cursor() if not is_operator_field(name)]:
            await run_command(self.client.hdel(self.keys.cursor, *reset))
        await run_command(delete_keys(self.client, self.keys.row_prefix))

    async def close(self) -> None:
        """Close the connection."""
        await self.client.aclose()

    async def _call_function(self, function: str, keys: list[str], args: list[Any]) -> ApplyResult:
        if self.calls is None:
            command = self.client.fcall(function, len(keys), *keys, *args)
        else:
            command = self.calls.call(function, keys, args)
        reply = await run_command(command)
        return ApplyResult(reply.decode())
