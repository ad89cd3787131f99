"""The event stream: beats, changes, what is silent, and the end with the session."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest
import uvicorn

from board.access.roles import Role, Zone
from board.access.sessions import ABSOLUTE_SECONDS
from board.follower.protocol import FollowerState, PartitionSummary
from board.web.events import STREAMS_OF_SESSION_MAX, EventHub
from board.web.health import SILENT_SECONDS_MAX, HealthCheck
from streams.kafka.partitioner import partition_of
from tests.board.web.boards import Board, ManualClock
from tests.board.web.facts_client import STUDY, FactsClient

Event = tuple[str, dict[str, Any]]


@asynccontextmanager
async def served(board: Board, role: Role) -> AsyncGenerator[httpx.AsyncClient]:
    """A real server over a real socket, and a browser with a session of *role*."""
    app = board.app(role.zone)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_level="error", server_header=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve([listener]))
    session_id = board.user(role).cookies[board.config.session_cookie]
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    cookies = {board.config.session_cookie: session_id}
    try:
        async with httpx.AsyncClient(base_url=address, cookies=cookies, timeout=20) as browser:
            yield browser
    finally:
        server.should_exit = True
        await task


async def read_events(lines: AsyncIterator[str]) -> AsyncGenerator[Event]:
    """The events of a stream's lines."""
    name = ""
    async for line in lines:
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            yield name, orjson.loads(line[6:])


async def take(events: AsyncGenerator[Event], name: str) -> dict[str, Any]:
    """The data of the next event *name*."""
    async with asyncio.timeout(15):
        async for found, data in events:
            if found == name:
                return data
    raise AssertionError(f"the stream ended before {name}")


async def test_a_stream_beats_and_says_what_changed():
    """A beat at once and each second; a change as soon as it is known, with the revisions."""
    board = Board()
    async with served(board, Role.BOARD) as browser:
        await wait_for(browser)
        async with browser.stream("GET", f"/s/{STUDY}/events?version=1") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            events = read_events(answer.aiter_lines())
            beat = await take(events, "beat")
            assert (beat["live"], beat["version"], beat["silent"]) == (True, 1, {})
            begun = asyncio.get_running_loop().time()
            await take(events, "beat")
            assert asyncio.get_running_loop().time() - begun < 3

            board.client.change()
            changed = await take(events, "changed")
            assert changed["version"] == 2 and set(changed["revisions"].values()) >= {1}

            board.client.silent_seconds = SILENT_SECONDS_MAX + 2
            while (beat := await take(events, "beat"))["live"]:
                pass
            assert beat["silent"] == {"follower": SILENT_SECONDS_MAX + 2}

            board.clock.now += ABSOLUTE_SECONDS + 1
            assert await take(events, "ended") == {}


async def test_a_page_of_an_earlier_version_hears_of_the_change_at_once():
    """Between the page and its stream a version may have come."""
    board = Board()
    board.client.change()
    async with served(board, Role.AUDITOR) as browser:
        await wait_for(browser)
        async with browser.stream("GET", f"/s/{STUDY}/events?version=1") as answer:
            events = read_events(answer.aiter_lines())
            assert (await anext(events))[0] == "changed"


async def test_the_open_board_beats_once_a_second_whatever_happens():
    """Its rhythm tells nothing."""
    async with served(Board(), Role.SPONSOR) as browser:
        await wait_for(browser)
        async with browser.stream("GET", "/events") as answer:
            events = read_events(answer.aiter_lines())
            names = [(await anext(events))[0] for _ in range(3)]
    assert names == ["beat"] * 3


async def wait_for(browser: httpx.AsyncClient) -> None:
    """Wait until the server answers."""
    for _ in range(100):
        try:
            await browser.get("/login")
            return
        except httpx.ConnectError:
            await asyncio.sleep(0.05)


async def test_a_session_has_a_limit_of_streams():
    """Each holds a connection."""
    hub = EventHub(FactsClient())
    streams = [hub.stream(STUDY, "one") for _ in range(STREAMS_OF_SESSION_MAX)]
    for each in streams:
        await anext(each)
    assert not hub.admits("one") and hub.admits("two")

    await streams[0].aclose()
    assert hub.admits("one")
    for each in streams:
        await each.aclose()
    assert hub.streams == {}


PARTITION = partition_of(STUDY, 12)


def state(client: FactsClient, **fields: Any) -> FollowerState:
    """A state whose partition of the study has these *fields*."""
    partition = {"position": 10, "end": 10, "cursor": 10, "silent_seconds": 0.0} | fields
    client.partitions = {
        11: PartitionSummary(**partition),
        PARTITION: PartitionSummary(**partition),
    }
    found = client.state
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("fields", "follower", "silent", "live"),
    [
        ({}, 0.0, set[str](), True),
        ({}, 10.1, {"follower"}, False),
        ({"silent_seconds": 11.0}, 0.0, {"broker or store"}, False),
        ({"end": 20}, 0.0, {"worker"}, False),
        ({"stopped": "a batch is unreadable"}, 0.0, set[str](), False),
    ],
)
def test_each_silence_is_named(
    fields: dict[str, Any], follower: float, silent: set[str], live: bool
):
    """Ten seconds without an answer, or without advance where there is something to do."""
    clock = ManualClock()
    check, client = HealthCheck(clock), FactsClient()
    latest = state(client, **fields)
    for _ in range(12):
        check.add_state(latest)
        clock.now += 1
    health = check.health_of(latest, follower, STUDY)

    assert (set(health.silent), health.live) == (silent, live)
    assert health.fault == fields.get("stopped")


def test_a_worker_that_advances_is_not_silent_however_far_behind():
    """A backlog is worked off; the page says how far behind it is."""
    clock = ManualClock()
    check, client = HealthCheck(clock), FactsClient()
    latest = state(client)
    for cursor in range(30):
        latest = state(client, cursor=cursor, end=1_000)
        check.add_state(latest)
        clock.now += 1

    assert check.health_of(latest, 0.0, STUDY).live
    assert check.health_of(None, 0.0, STUDY).fault == "the follower has sent nothing yet"


def test_too_many_streams_are_refused():
    """The page says so; it is not an error."""
    board = Board()
    browser, app = board.user(Role.BOARD), board.app(Zone.CLOSED)
    [session] = app.state.context.sessions.by_key.values()
    app.state.closed.events.streams[session.label] = STREAMS_OF_SESSION_MAX

    assert browser.get(f"/s/{STUDY}/events").status_code == 429
