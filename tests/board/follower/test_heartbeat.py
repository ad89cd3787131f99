"""Checks that states and answers go on while the follower folds and builds views."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from board.follower.client import FollowerClient
from board.follower.server import FrameServer
from tests.board.follower.followed import followed
from tests.streams.processor.processors import PRODERM, STUDY

GAP_SECONDS = 3.0
"""A state is due each second; the rest is the patience of a loaded test machine."""


async def test_states_and_answers_go_on_while_records_are_folded(tmp_path: Path):
    """No gap between two states is long, and a view of what is folded so far is answered."""
    each = followed()
    await each.fold(len(PRODERM))
    server = FrameServer(each.follower.make_state, each.follower.answer)
    each.follower.on_change = server.push_soon
    client = FollowerClient(tmp_path / "closed.sock")
    await server.start(client.path)
    await client.start()
    following = asyncio.ensure_future(each.follower.run())
    gaps, last, partial_answers = list[float](), time.monotonic(), 0
    async with asyncio.timeout(120):
        async for state in client.states():
            gaps.append(time.monotonic() - last)
            last = time.monotonic()
            position = state.partitions[0].position
            if STUDY in state.studies and position < len(PRODERM):
                watch = {"watch": "serious-randomised", "time": "occurred", "try": f"{position}"}
                answer = await client.ask(STUDY, "trajectory", watch)
                partial_answers += answer.completeness.position < len(PRODERM)
            if position == len(PRODERM):
                break
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await client.close()
    await server.close()
    assert partial_answers and max(gaps) < GAP_SECONDS
