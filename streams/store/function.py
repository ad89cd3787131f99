"""Checks and loads the function library that this version calls in Redis or Valkey."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from streams.store import StoreMisconfigured
from streams.store.keys import Keys

LIBRARY_NAME = "tocsin"
LIBRARY_CODE = Path(__file__).with_name("apply.lua").read_text()

MIN_VERSION = (7, 0)
"""First version of Redis with functions; every Valkey has them."""


async def check_server(client: Any) -> None:
    """Raise StoreMisconfigured unless the server has functions and never evicts keys."""
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
            "evicted is not monitored: `redis-cli CONFIG SET maxmemory-policy noeviction`, and "
            "`maxmemory-policy noeviction` in its configuration file."
        )


async def check_library(client: Any) -> None:
    """Raise StoreMisconfigured unless the server has the library of this version."""
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
    """Call a function that changes nothing, but fails where a write would fail.

    It fails where the server is full or cannot save to disk, or where the user lacks the right to
    a command on *keys*.
    """
    row = keys.row_prefix  # The row of an empty name, which no study has.
    await client.fcall("tocsin_check", 4, keys.cursor, keys.outbox, row, f"{row}~")


async def read_library(client: Any) -> str:
    """Return the library's code on the server; empty if it is not loaded."""
    for entry in await client.function_list(library=LIBRARY_NAME, withcode=True):
        return as_mapping(entry)[b"library_code"].decode()
    return ""


def as_mapping(reply: Any) -> dict[bytes, Any]:
    """Return a reply as a mapping: RESP3 has mappings, RESP2 alternates names and values."""
    return reply if hasattr(reply, "keys") else dict(zip(reply[::2], reply[1::2], strict=True))


async def load_library(client: Any) -> bool:
    """Load the library and save it to disk; return False where it was already loaded.

    Functions are data, and are lost at a restart unless saved.  Where saving fails, the previous
    library is restored.
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
    """Return the first 12 hexadecimal digits of the SHA-256 of *code*."""
    return sha256(code.encode()).hexdigest()[:12]
