"""``tocsin store``: the store of a deployment, given the functions that its workers call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Any

from cyclopts import App

from streams.audit.audit_log import Act
from streams.store import StoreUnreachable, WrongStore
from streams.store.client import answer, connect
from streams.store.function import CODE, LIBRARY, check_server, digest, library, load
from tocsin.common.audit import audited, refusals
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Json
from tocsin.common.services import quietly_settled

app = App(name="store", help="The store of the tables: Redis or Valkey.")

SAVED_WITHIN_SECONDS = 60
"""A large store takes its time to save itself."""


@app.command
def apply(*, as_json: Json = False) -> None:
    """Load the functions by which workers write, and save the store; run twice, it does nothing.

    The store is TOCSIN_STORE; its user needs FUNCTION, INFO and SAVE, which no worker's has.

    Parameters
    ----------
    as_json
        Prints a JSON object.
    """
    settings = quietly_settled()
    where = {"library": LIBRARY}
    with refusals(settings, Act.CHANGE, where):
        missing = asyncio.run(asked(settings.store, lacks))
    with audited(settings, Act.CHANGE, where) if missing else nullcontext():
        loaded = missing and asyncio.run(asked(settings.store, load))
    told = {"library": LIBRARY, "sha256": digest(CODE)}
    outcome = "loaded" if loaded else "unchanged"
    if as_json:
        print(json.dumps({**told, "outcome": outcome}))
    else:
        print(f"function library {LIBRARY} ({digest(CODE)}) {outcome}")


async def lacks(client: Any) -> bool:
    """Whether the store lacks the functions of this version."""
    return await library(client) != CODE


async def asked(url: str, work: Callable[[Any], Awaitable[bool]]) -> bool:
    """What *work* says of the store at *url*, or the stop that says why it cannot be done."""
    client = connect(url, SAVED_WITHIN_SECONDS)
    try:
        await answer(check_server(client))
        return await answer(work(client))
    except WrongStore as error:
        raise Stop(Exit.USAGE, str(error)) from None
    except StoreUnreachable as error:
        remedy = "Start one (`make redis`), or name yours in TOCSIN_STORE."
        raise Stop(Exit.UNREACHABLE, f"{error}. {remedy}") from None
    finally:
        await client.aclose()
