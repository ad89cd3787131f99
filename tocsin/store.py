"""``tocsin store``: the store of a deployment, given the functions that its workers call."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

from cyclopts import App, Parameter

from streams.store import StoreUnreachable, WrongStore
from streams.store.client import answer, connect
from streams.store.function import CODE, LIBRARY, check_server, digest, load
from tocsin.exits import Exit, Stop
from tocsin.settled import settled

app = App(name="store", help="The store of the tables: Redis or Valkey.")

SAVED_WITHIN_SECONDS = 60
"""A large store takes its time to save itself."""


@app.command
def apply(*, as_json: Annotated[bool, Parameter(name="--json", negative="")] = False) -> None:
    """Load the functions by which workers write, and save the store; run twice, it does nothing.

    The store is TOCSIN_STORE; its user needs FUNCTION, INFO and SAVE, which no worker's has.

    Parameters
    ----------
    as_json
        Prints a JSON object.
    """
    loaded = asyncio.run(applied(settled().store))
    told = {"library": LIBRARY, "sha256": digest(CODE)}
    outcome = "loaded" if loaded else "unchanged"
    if as_json:
        print(json.dumps({**told, "outcome": outcome}))
    else:
        print(f"function library {LIBRARY} ({digest(CODE)}) {outcome}")


async def applied(url: str) -> bool:
    """Whether the functions had to be loaded, or the stop that says why they cannot be."""
    client = connect(url, SAVED_WITHIN_SECONDS)
    try:
        await answer(check_server(client))
        return await answer(load(client))
    except WrongStore as error:
        raise Stop(Exit.USAGE, str(error)) from None
    except StoreUnreachable as error:
        remedy = "Start one (`make redis`), or name yours in TOCSIN_STORE."
        raise Stop(Exit.UNREACHABLE, f"{error}. {remedy}") from None
    finally:
        await client.aclose()
