"""Checks the messages between follower and web process over real sockets."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from board.follower.client import FollowerClient, FollowerUnreachable, OpenClient, ViewFailed
from board.follower.open_projection import OpenPartition, OpenState, OpenStudy
from board.follower.protocol import (
    AlertSummary,
    Ask,
    FollowerState,
    Json,
    PartitionSummary,
    StudySummary,
)
from board.follower.server import FrameServer
from board.views.catalogue import ViewNotFoundError
from board.views.facts import Completeness

COMPLETENESS = Completeness(
    study="S-1",
    as_of="2024-01-02",
    position=3,
    end=4,
    known_at="2024-01-02T10:00:00Z",
    plan_sha256="ab",
    digest="cd",
    store_agrees=True,
)


def state_of(sequence: int) -> FollowerState:
    """A state with one of everything."""
    alert = AlertSummary(id="a", revision=2, state="raised", level="signal")
    study = StudySummary(
        version=7, completeness=COMPLETENESS, alerts=(alert,), evidence={"w": 1.5, "x": None}
    )
    partition = PartitionSummary(position=3, end=4, cursor=3, silent_seconds=0.1)
    return FollowerState(
        sequence=sequence, time=1.0, studies={"S-1": study}, partitions={0: partition}
    )


async def answer_ask(ask: Ask) -> Json:
    """Answer any view but two."""
    if ask.view == "gone":
        raise ViewNotFoundError(ask.view)
    if ask.view == "broken":
        raise ZeroDivisionError
    body = {"view": ask.view, "arguments": ask.arguments, "as_of": ask.as_of}
    complete = asdict(COMPLETENESS)
    return {"version": 7, "body": body, "completeness": complete, "fresh_seconds": 0.5}


def closed_server() -> FrameServer:
    """A server of ``state_of`` and ``answer_ask``."""
    return FrameServer(lambda sequence: state_of(sequence).to_message(), answer_ask)


async def wait_connected(client: FollowerClient, *, connected: bool) -> None:
    """Wait until the client is connected, or no longer is."""
    for _ in range(200):
        if (client.writer is not None) is connected:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the client does not connect")


async def test_states_and_answers_arrive_as_they_were_sent(tmp_path: Path):
    """A state survives the socket whole; a view is answered with its arguments and day."""
    server, client = closed_server(), FollowerClient(tmp_path / "closed.sock")
    await server.start(client.path)
    await client.start()
    async for state in client.states():
        assert state == state_of(state.sequence)
        if state.sequence >= 3:
            break
    answer = await client.ask("S-1", "rates", {"kind": "soc"}, as_of="2024-01-01")
    assert answer.body == {"view": "rates", "arguments": {"kind": "soc"}, "as_of": "2024-01-01"}
    assert (answer.version, answer.completeness) == (7, COMPLETENESS)
    assert client.silent_seconds < 2
    with pytest.raises(ViewNotFoundError):
        await client.ask("S-1", "gone")
    with pytest.raises(ViewFailed):
        await client.ask("S-1", "broken")
    assert client.path.stat().st_mode & 0o777 == 0o600
    await client.close()
    await server.close()


async def test_a_change_is_pushed_within_a_fifth_of_a_second(tmp_path: Path):
    """A state follows a change at once, and without one a second later."""
    server, client = closed_server(), FollowerClient(tmp_path / "closed.sock")
    await server.start(client.path)
    await client.start()
    waits = list[float]()
    states = client.states()
    await anext(states)
    for _ in range(3):
        await anext(states)
        await asyncio.sleep(0.15)
        began = time.monotonic()
        server.push_soon()
        await anext(states)
        waits.append(time.monotonic() - began)
    assert max(waits) < 0.2
    await client.close()
    await server.close()


async def test_a_client_connects_again_after_the_follower_ends(tmp_path: Path):
    """The client keeps its state while the follower is away, and goes on with the next one."""
    client = FollowerClient(tmp_path / "closed.sock")
    await client.start()
    with pytest.raises(FollowerUnreachable):
        await client.ask("S-1", "rates")
    for _ in range(2):
        server = closed_server()
        await server.start(client.path)
        await wait_connected(client, connected=True)
        assert (await client.ask("S-1", "rates")).version == 7
        await server.close()
        await wait_connected(client, connected=False)
        assert client.state is not None
    await client.close()


async def test_the_open_socket_pushes_in_a_fixed_rhythm_and_takes_no_message(tmp_path: Path):
    """A change is not pushed before its second, and a connection that asks is closed."""
    study = OpenStudy(
        plan_sha256="ab",
        as_of=None,
        randomised=3,
        cases=2,
        person_days=5,
        dates_ahead=0,
        records={"folded": 9},
    )
    partitions = {0: OpenPartition(lag=1, silent=False, stopped=False)}

    def make_state(sequence: int) -> Json:
        state = OpenState(
            sequence=sequence, time=1.0, studies={"S-1": study}, partitions=partitions
        )
        return state.to_message()

    server, client = FrameServer(make_state, on_change=False), OpenClient(tmp_path / "open.sock")
    await server.start(client.path)
    await client.start()
    states = client.states()
    first = await anext(states)
    server.push_soon()
    began = time.monotonic()
    assert (await anext(states)).sequence == first.sequence + 1
    assert time.monotonic() - began > 0.5
    assert first.studies == {"S-1": study} and first.partitions == partitions
    reader, writer = await asyncio.open_unix_connection(client.path)
    writer.write(b"\0\0\0\2{}")
    async with asyncio.timeout(5):
        assert await reader.read()
    writer.close()
    await client.close()
    await server.close()
