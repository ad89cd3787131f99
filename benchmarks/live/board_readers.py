"""Readers of the board: sessions that are logged in, event streams, and page loads when due.

The page loads are open loop: the time of one counts from when it is due, to the last byte.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import product
from random import Random

from aiohttp import ClientSession, ClientTimeout, CookieJar, TCPConnector

from benchmarks.live.board_server import PASSWORD, USER
from benchmarks.live.run import Rejected

STREAMS, STREAMS_A_SESSION = 200, 16
"""A session may have 16 streams open, and a user 16 sessions."""

LOADS_A_SECOND = 50
VIEWS = ("overview", "alerts", "rates")
PAGE_SECONDS = 30
SEED = 7

TOKEN = re.compile(r'name="token" value="([^"]*)"')
POSITION = re.compile(rb'data-position="(\d+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLoad:
    """A page load: *position* is what the page says it is complete to, in its partition.

    *answered* is a time of the monotonic clock, *seconds* the time from when it was due.
    """

    study: str
    view: str
    position: int
    answered: float
    seconds: float


@dataclass(slots=True)
class Readers:
    """Sessions that are logged in to the board, and what they have read.

    *events* came over all streams, of which one was silent for *silence* seconds, the longest.
    """

    sessions: list[ClientSession]
    loads: list[PageLoad] = field(default_factory=list[PageLoad])
    events: int = 0
    silence: float = 0.0

    def forget(self) -> None:
        """Forget what has been read."""
        self.loads, self.events, self.silence = [], 0, 0.0

    async def read(self, studies: Sequence[str], begin: float, seconds: int) -> None:
        """Hold the streams open, and load pages of *studies* from *begin* on for *seconds*."""
        streams = [
            asyncio.ensure_future(self._read_stream(number, studies[number % len(studies)]))
            for number in range(STREAMS)
        ]
        try:
            await self._load_pages(studies, begin, seconds)
            for each in streams:
                if each.done():
                    each.result()
        finally:
            for each in streams:
                each.cancel()
            await asyncio.gather(*streams, return_exceptions=True)

    async def load_page(self, number: int, study: str, view: str, due: float) -> PageLoad:
        """Load a page of *study*.  Raises `Rejected` where it is not answered."""
        session = self.sessions[number % len(self.sessions)]
        async with session.get(f"/s/{study}/{view}", allow_redirects=False) as response:
            body, answered = await response.read(), time.monotonic()
            found = POSITION.search(body)
            if response.status != 200 or found is None:
                raise Rejected(f"{view} of {study}: status {response.status}")
        return PageLoad(
            study=study,
            view=view,
            position=int(found[1]),
            answered=answered,
            seconds=answered - due,
        )

    async def _load_pages(self, studies: Sequence[str], begin: float, seconds: int) -> None:
        pages, random = list(product(studies, VIEWS)), Random(SEED)
        tasks: list[asyncio.Task[PageLoad]] = []
        for number in range(LOADS_A_SECOND * seconds):
            due = begin + number / LOADS_A_SECOND
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            load = self.load_page(number, *random.choice(pages), due)
            tasks.append(asyncio.ensure_future(load))
        self.loads += await asyncio.gather(*tasks)

    async def _read_stream(self, number: int, study: str) -> None:
        session = self.sessions[number // STREAMS_A_SESSION]
        async with session.get(f"/s/{study}/events", timeout=ClientTimeout()) as response:
            if response.status != 200:
                raise Rejected(f"a stream of {study}: status {response.status}")
            last = time.monotonic()
            async for content in response.content.iter_any():
                now = time.monotonic()
                self.events += content.count(b"event: ")
                self.silence, last = max(self.silence, now - last), now
        raise Rejected(f"a stream of {study} has ended")


@asynccontextmanager
async def open_readers(address: str) -> AsyncIterator[Readers]:
    """Yield as many sessions as the streams need."""
    async with AsyncExitStack() as stack:
        sessions: list[ClientSession] = []
        for _ in range(-(-STREAMS // STREAMS_A_SESSION)):
            session = ClientSession(
                address,
                cookie_jar=CookieJar(unsafe=True),  # The address has no name.
                connector=TCPConnector(limit=0),
                timeout=ClientTimeout(total=PAGE_SECONDS),
            )
            sessions.append(await stack.enter_async_context(session))
            await log_in(session)
        yield Readers(sessions)


async def log_in(session: ClientSession) -> None:
    """Log *session* in, and state its purpose."""
    await submit_form(session, "/login", name=USER, password=PASSWORD)
    await submit_form(session, "/purpose", purpose="measurement of the page")


async def submit_form(session: ClientSession, path: str, **fields: str) -> None:
    """Send the form at *path*.  Raises `Rejected` where it is not accepted."""
    async with session.get(path) as page:
        found = TOKEN.search(await page.text())
    form = fields | {"token": found[1] if found else ""}
    async with session.post(path, data=form, allow_redirects=False) as answer:
        if answer.status != 303:
            raise Rejected(f"{path}: status {answer.status}")
