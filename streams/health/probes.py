"""Answers `/livez` and `/readyz` on the open port: what is not well, and which command mends it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field

from aiohttp import web

from streams.log import LogUnreachable
from streams.store import StoreUnreachable, WrongStore

LIVE_SECONDS = 5
"""A loop that has not turned for so long is stuck: a supervisor should start anew."""

OUTBOX_SECONDS = 10
BEAT_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not well, of *partition* or of the whole worker, and its *remedy*."""

    what: str
    remedy: str
    partition: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How one partition stands; its words are empty where all is well."""

    partition: int
    claimed: bool = True
    trouble: str = ""
    refused: str = ""
    stopped: str = ""
    lag: int = 0
    waiting_seconds: float = 0
    untold: str = ""


def findings(conditions: Iterable[Condition], lag_max: int) -> Iterator[Finding]:
    """What keeps partitions from being ready."""
    for each in conditions:
        yield from faults(each, lag_max)


def faults(each: Condition, lag_max: int) -> Iterator[Finding]:
    """What keeps one partition from being ready."""
    at = each.partition
    if not each.claimed:
        what = f"not claimed: {each.trouble or 'it is being claimed'}"
        yield Finding(what=what, remedy="tocsin doctor", partition=at)
    elif each.refused:
        what = f"not written: {each.refused}"
        yield Finding(what=what, remedy="tocsin doctor", partition=at)
    if each.stopped:
        yield Finding(what=each.stopped, remedy="tocsin quarantine list", partition=at)
    if each.lag > lag_max:
        what = f"{each.lag} records behind, of {lag_max} allowed"
        yield Finding(what=what, remedy="start another worker: tocsin run", partition=at)
    if each.waiting_seconds > OUTBOX_SECONDS:
        why = f": {each.untold}" if each.untold else ""
        what = f"something to tell has been waiting for {each.waiting_seconds:.0f} s{why}"
        yield Finding(what=what, remedy="tocsin topics apply", partition=at)


@dataclass(slots=True)
class Health:
    """Answers both probes.

    *joined* says whether the group has given us partitions or none, *conditions* how those
    stand; *check* raises WrongStore, StoreUnreachable or LogUnreachable.
    """

    joined: Callable[[], bool]
    conditions: Callable[[], Iterable[Condition]]
    check: Callable[[], Awaitable[None]]
    lag_max: int
    clock: Callable[[], float] = time.monotonic
    turned_at: float = field(default=float("-inf"))

    def app(self) -> web.Application:
        """The two pages."""
        app = web.Application()
        app.router.add_get("/livez", self.livez)
        app.router.add_get("/readyz", self.readyz)
        app.cleanup_ctx.append(self.beating)
        return app

    async def beating(self, _: web.Application) -> AsyncIterator[None]:
        """Notes that the loop turns, while the app runs."""
        beat = asyncio.create_task(self.beat())
        yield
        beat.cancel()

    async def beat(self) -> None:
        """Note again and again that the loop turns."""
        while True:
            self.turned_at = self.clock()
            await asyncio.sleep(BEAT_SECONDS)

    async def livez(self, _: web.Request) -> web.Response:
        """Whether the loop turns."""
        if (still := self.clock() - self.turned_at) > LIVE_SECONDS:
            what = f"the loop has not turned for {still:.0f} s"
            return answer([Finding(what=what, remedy="restart this worker")])
        return answer([])

    async def readyz(self, _: web.Request) -> web.Response:
        """Whether all that this worker holds is watched as it should be."""
        return answer([each async for each in self.unready()])

    async def unready(self) -> AsyncIterator[Finding]:
        """What is not ready."""
        if not self.joined():
            what = "it has not joined its group yet"
            yield Finding(what=what, remedy="wait; if it lasts: tocsin doctor")
        try:
            await self.check()
        except WrongStore as error:
            yield Finding(what=str(error), remedy="tocsin store apply")
        except (StoreUnreachable, LogUnreachable) as error:
            yield Finding(what=str(error), remedy="tocsin doctor")
        for finding in findings(self.conditions(), self.lag_max):
            yield finding


def answer(found: list[Finding]) -> web.Response:
    """200 where nothing was found, else 503, and what was."""
    body = {"ready": not found, "findings": [asdict(each) for each in found]}
    return web.json_response(body, status=503 if found else 200)
