"""``tocsin store``: loads the functions that workers call into the store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Any

from cyclopts import App

from streams.audit.audit_log import AuditAction
from streams.store import StoreMisconfigured, StoreUnreachable
from streams.store.client import connect, run_command
from streams.store.function import (
    LIBRARY_CODE,
    LIBRARY_NAME,
    check_server,
    code_digest,
    load_library,
    read_library,
)
from tocsin.common.audit import audit_command, audit_refusals
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Json
from tocsin.common.services import load_settings_quietly

app = App(name="store", help="The store of the tables (Redis or Valkey).")

SAVE_TIMEOUT_SECONDS = 60
"""Timeout of a SAVE, which takes long in a large store."""


@app.command
def apply(*, as_json: Json = False) -> None:
    """Load the functions by which workers write, and save the store; idempotent.

    The store is TOCSIN_STORE.  Its user needs the rights FUNCTION, INFO and SAVE, which workers do
    not have.

    Parameters
    ----------
    as_json
        Print a JSON object.
    """
    settings = load_settings_quietly()
    where = {"library": LIBRARY_NAME}
    with audit_refusals(settings, AuditAction.CHANGE, where):
        missing = asyncio.run(run_on_store(settings.store, lacks_functions))
    with audit_command(settings, AuditAction.CHANGE, where) if missing else nullcontext():
        loaded = missing and asyncio.run(run_on_store(settings.store, load_library))
    fields = {"library": LIBRARY_NAME, "sha256": code_digest(LIBRARY_CODE)}
    outcome = "loaded" if loaded else "unchanged"
    if as_json:
        print(json.dumps({**fields, "outcome": outcome}))
    else:
        print(f"function library {LIBRARY_NAME} ({code_digest(LIBRARY_CODE)}) {outcome}")


async def lacks_functions(client: Any) -> bool:
    """Whether the store lacks the functions of this version."""
    return await read_library(client) != LIBRARY_CODE


async def run_on_store(url: str, work: Callable[[Any], Awaitable[bool]]) -> bool:
    """Run *work* on the store at *url*; raises Stop where it is misconfigured or unreachable."""
    client = connect(url, SAVE_TIMEOUT_SECONDS)
    try:
        await run_command(check_server(client))
        return await run_command(work(client))
    except StoreMisconfigured as error:
        raise Stop(Exit.USAGE, str(error)) from None
    except StoreUnreachable as error:
        remedy = "Start a store (`make redis`), or set TOCSIN_STORE."
        raise Stop(Exit.UNREACHABLE, f"{error}. {remedy}") from None
    finally:
        await client.aclose()
