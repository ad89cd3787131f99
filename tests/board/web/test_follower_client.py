"""The closed board over the follower's own client and a UNIX socket."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import orjson

from board.access.roles import Role
from board.follower.client import FollowerClient
from board.follower.protocol import Ask, Json, completeness_json
from board.follower.server import FrameServer
from board.web.app import create_closed_app
from tests.board.web.boards import USERS, Board
from tests.board.web.facts_client import STUDY, FactsClient, view_json


async def test_a_view_comes_over_the_socket_and_a_dead_follower_is_told(tmp_path: Path):
    """What arrives is what was sent, and silence is an answer, too."""
    source = FactsClient()
    latest = source.state
    assert latest is not None

    async def answer_ask(ask: Ask) -> Json:
        body: dict[str, Any] = view_json(ask.view, tuple(ask.arguments.items()))
        completeness = completeness_json(latest.studies[STUDY].completeness)
        return {"version": 1, "body": orjson.Fragment(orjson.dumps(body))} | {
            "completeness": completeness,
            "fresh_seconds": 0.0,
        }

    server = FrameServer(lambda sequence: latest.to_message(), answer_ask)
    await server.start(tmp_path / "closed.sock")
    client = FollowerClient(tmp_path / "closed.sock")
    await client.start()
    board = Board()
    app = create_closed_app(board.config, client)
    session_id, _ = app.state.context.sessions.begin(USERS.by_name[Role.BOARD.value], "Test")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1", cookies={"tocsin": session_id}
    ) as browser:
        await anext(client.states())
        page = await browser.get(f"/s/{STUDY}/subjects")
        answer = await browser.get(f"/s/{STUDY}/subjects.json")
        await server.close()
        await asyncio.sleep(0.2)
        dead = await browser.get(f"/s/{STUDY}/alerts")
        kept = await browser.get(f"/s/{STUDY}/subjects")
    await client.close()

    assert page.status_code == 200 and answer.json()["view"] == view_json("subjects", ())
    assert dead.status_code == 503 and "follower does not answer" in dead.text
    assert kept.status_code == 200  # The heartbeat says how old it is.
