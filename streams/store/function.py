"""Keeps the library of functions in a Redis or Valkey server the one that this version calls."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from streams.store import StoreMisconfigured
from streams.store.keys import Keys

LIBRARY_NAME = "tocsin"
LIBRARY_CODE = Path(__file__).with_name("apply.lua").read_text()

MIN_VERSION = (7, 0)
"""Functions came with Redis 7.0; every Valkey has them."""


async def check_server(client: Any) -> None:
    """Raise WrongStore unless the server has functions and never evicts."""
    server, memory = await client.info("server"), await client.info("memory")
    version = str(server["redis_version"])
    if tuple(int(number) for number in version.split(".")[:2]) < MIN_VERSION:
        min_version = ".".join(map(str, MIN_VERSION))
        raise StoreMisconfigured(
            f"The store is version {version} and has no functions: "
            f"install Redis {min_version} or later, or Valkey."
        )
    policy = memory["maxmemory_policy"]
    if policy != "noeviction":
        raise StoreMisconfigured(
            f"The store evicts keys when its memory is full ({policy}), and a study whose row is "
            "gone is watched by nobody: `redis-cli CONFIG SET maxmemory-policy noeviction`, and "
            "`maxmemory-policy noeviction` in its configuration file."
        )


async def check_library(client: Any) -> None:
    """Raise WrongStore unless the library is there and is ours."""
    loaded_code = await read_library(client)
    if loaded_code == LIBRARY_CODE:
        return
    state = f"has another one ({code_digest(loaded_code)})" if loaded_code else "does not have it"
    raise StoreMisconfigured(
        f"Writing needs the function library {LIBRARY_NAME} "
        f"({code_digest(LIBRARY_CODE)}) and the store {state}: "
        "`tocsin store apply` loads it."
    )


async def check_write_access(client: Any, keys: Keys) -> None:
    """Have a function change nothing: a server refuses it where it would refuse a change.

    It is full, or cannot save itself, or its user lacks a right to a command among *keys*.
    """
    row = keys.row_prefix  # Of a study without a name, which none is.
    await client.fcall("tocsin_check", 4, keys.cursor, keys.outbox, row, f"{row}~")


async def read_library(client: Any) -> str:
    """The code of the library as the server has it; empty where it has none."""
    for entry in await client.function_list(library=LIBRARY_NAME, withcode=True):
        return as_mapping(entry)[b"library_code"].decode()
    return ""


def as_mapping(reply: Any) -> dict[bytes, Any]:
    """An answer as a mapping: one protocol gives it so, the other names and values by turns."""
    return reply if hasattr(reply, "keys") else dict(zip(reply[::2], reply[1::2], strict=True))


async def load_library(client: Any) -> bool:
    """Load the library unless it is there, and save it to disk; whether it was loaded.

    Functions are data: those that are not saved are gone when the server starts again, so where
    saving fails the library is left as it was.
    """
    previous = await read_library(client)
    if previous == LIBRARY_CODE:
        return False
    await client.function_load(LIBRARY_CODE, replace=True)
    try:
        await client.save()
    except Exception:
        undo = client.function_load(previous, replace=True) if previous else None
        await (undo or client.function_delete(LIBRARY_NAME))
        raise
    return True


def code_digest(code: str) -> str:
    """A short name for *code*."""
    return sha256(code.encode()).hexdigest()[:12]
