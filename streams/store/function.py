"""Keeps the library of functions in a Redis or Valkey server the one that this version calls."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from streams.store import WrongStore
from streams.store.keys import Keys

LIBRARY = "tocsin"
CODE = Path(__file__).with_name("apply.lua").read_text()

OLDEST = (7, 0)
"""Functions came with Redis 7.0; every Valkey has them."""


async def check_server(client: Any) -> None:
    """Raise WrongStore unless the server has functions and never evicts."""
    server, memory = await client.info("server"), await client.info("memory")
    version = str(server["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise WrongStore(
            f"The store is version {version} and has no functions: "
            f"install Redis {oldest} or later, or Valkey."
        )
    policy = memory["maxmemory_policy"]
    if policy != "noeviction":
        raise WrongStore(
            f"The store evicts keys when its memory is full ({policy}), and a study whose row is "
            "gone is watched by nobody: `redis-cli CONFIG SET maxmemory-policy noeviction`, and "
            "`maxmemory-policy noeviction` in its configuration file."
        )


async def check_library(client: Any) -> None:
    """Raise WrongStore unless the library is there and is ours."""
    found = await library(client)
    if found == CODE:
        return
    what = f"has another one ({digest(found)})" if found else "does not have it"
    raise WrongStore(
        f"Writing needs the function library {LIBRARY} ({digest(CODE)}) and the store {what}: "
        "`tocsin store apply` loads it."
    )


async def check_writing(client: Any, keys: Keys) -> None:
    """Have a function change nothing: a server refuses it where it would refuse a change.

    It is full, or cannot save itself, or its user lacks a right to a command among *keys*.
    """
    row = keys.rows  # Of a study without a name, which none is.
    await client.fcall("tocsin_check", 4, keys.cursor, keys.outbox, row, f"{row}~")


async def library(client: Any) -> str:
    """The code of the library as the server has it; empty where it has none."""
    for found in await client.function_list(library=LIBRARY, withcode=True):
        return told(found)[b"library_code"].decode()
    return ""


def told(found: Any) -> dict[bytes, Any]:
    """An answer as a mapping: one protocol gives it so, the other names and values by turns."""
    return found if hasattr(found, "keys") else dict(zip(found[::2], found[1::2], strict=True))


async def load(client: Any) -> bool:
    """Load the library unless it is there, and save it to disk; whether it was loaded.

    Functions are data: those that are not saved are gone when the server starts again, so where
    saving fails the library is left as it was.
    """
    before = await library(client)
    if before == CODE:
        return False
    await client.function_load(CODE, replace=True)
    try:
        await client.save()
    except Exception:
        undo = client.function_load(before, replace=True) if before else None
        await (undo or client.function_delete(LIBRARY))
        raise
    return True


def digest(code: str) -> str:
    """A short name for *code*."""
    return sha256(code.encode()).hexdigest()[:12]
