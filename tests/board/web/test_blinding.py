"""Checks that permuted treatments change no byte of the open board, nor its event stream."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import orjson
import pytest

from board.access.roles import Role, Zone
from board.access.users import ALL_STUDIES, User
from board.follower.open_projection import OpenState
from board.follower.protocol import encode_frame
from tests.board.follower.followed import Followed
from tests.board.web.boards import Board
from tests.simulation.virtual_loop import run_virtual
from tests.streams.metrics.permuted_trial import (
    STUDY,
    exchange_arms,
    in_turns,
    random_names,
    redraw_subjects,
    reviews_of,
    trial_log,
)
from tests.streams.processor.processors import log_of, single_pass

PERMUTATIONS = 20
PATHS = ("/", "/open.json", "/alerts", f"/s/{STUDY}/alerts", "/api/v1/studies")
RECORDS_OF_STEP, STEP_SECONDS = 5, 0.7
"""How fast the log is folded while the stream is read."""

STREAM_SECONDS = 5.0

SILENCE_SECONDS = 60.0
"""How long reviews wait for a worker that stands still."""


@dataclass
class FollowedStates:
    """A client of the open socket: the follower's open state as it is now, and as it is sent."""

    system: Followed
    silent_seconds: float = 0.0

    @property
    def state(self) -> OpenState:
        message = orjson.loads(encode_frame(self.system.follower.make_open_state(1))[4:])
        return OpenState.from_message(message | {"time": 0.0})


@dataclass
class Exchange:
    """A request of the open board in this process, and every message of its answer."""

    app: Any
    path: str
    cookie: str
    messages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    async def run(self) -> None:
        headers = [(b"host", b"127.0.0.1"), (b"cookie", self.cookie.encode())]
        scope: dict[str, Any] = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
            "scheme": "http", "path": self.path, "raw_path": self.path.encode(),
            "query_string": b"", "root_path": "", "headers": headers,
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        await self.app(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        await asyncio.Event().wait()  # The reader stays.
        raise AssertionError("it waits for ever")

    async def _send(self, message: Any) -> None:
        self.messages.append(dict(message))


@dataclass(frozen=True)
class Shown:
    """What the open board shows of one log, and how many alerts are on the closed one."""

    answers: tuple[str, ...]
    stream: tuple[str, ...]
    alerts: int


async def show(values: Sequence[bytes]) -> Shown:
    """Fold *values*, then reviews, while a reader follows the stream; then read each address."""
    system = Followed(log_of(values, STUDY))
    app = Board(pooled=FollowedStates(system)).app(Zone.OPEN)
    sessions = app.state.context.sessions
    sponsor = User(name="sponsor", role=Role.SPONSOR, studies=frozenset({ALL_STUDIES}))
    session_id, session = sessions.begin(sponsor, "Test")
    stream = Exchange(app, "/events", f"tocsin={session_id}")
    reading = asyncio.ensure_future(stream.run())
    for until in range(RECORDS_OF_STEP, len(values) + RECORDS_OF_STEP, RECORDS_OF_STEP):
        await follow(system, min(until, len(values)))
        await asyncio.sleep(STEP_SECONDS)
    for move in reviews_of(single_pass(system.log)[1]):
        system.log.append(move, STUDY.encode())
    await wait_for_worker(system)
    await asyncio.sleep(STEP_SECONDS)
    waiting = Exchange(app, "/open.json", f"tocsin={session_id}")
    await waiting.run()
    await follow(system, system.log.next)
    await asyncio.sleep(STREAM_SECONDS)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    answers = [Exchange(app, path, f"tocsin={session_id}") for path in PATHS]
    for each in answers:
        await each.run()
    shown = [repr(each.messages).replace(session.token, "TOKEN") for each in (*answers, waiting)]
    events = tuple(map(repr, stream.messages))
    return Shown(tuple(shown), events, len(system.follower.notes[STUDY].alerts))


async def wait_for_worker(system: Followed) -> None:
    """Let the worker stand still for long while what is on the log waits."""
    system.partition.end_at = 0
    await system.partition.follow()
    system.partition.liveness.moved_at -= SILENCE_SECONDS
    system.partition.liveness.waiting_at -= SILENCE_SECONDS
    system.partition.end_at = 0
    await system.partition.follow()


async def follow(system: Followed, until: int) -> None:
    """Let the worker fold up to offset *until*, and the follower after it."""
    await system.fold(until)
    system.partition.end_at = 0  # It looks at the end of the log once a second, of real time.
    await system.partition.follow()


@pytest.fixture(scope="module")
def names() -> list[str]:
    """A random name for each treatment."""
    return random_names()


@pytest.fixture(scope="module")
def shown(names: list[str]) -> list[Shown]:
    """The open board of the log, of ten exchanges of arms and of ten redrawn allocations."""
    chance = Random(5)
    allocations = [exchange_arms(chance) for _ in range(PERMUTATIONS // 2)]
    allocations += [redraw_subjects(chance) for _ in range(PERMUTATIONS // 2)]
    logs = [trial_log(names, each) for each in [in_turns(), *allocations]]
    return [run_virtual(show(each)) for each in logs]


def test_twenty_permutations_give_the_same_open_board(shown: list[Shown]):
    """Pages, JSON and refusals are equal with their headers; so is each event of the stream."""
    first, *others = shown
    for each in others:
        assert each.answers == first.answers
        assert each.stream == first.stream
    assert len(others) == PERMUTATIONS


def test_the_stream_follows_the_log_while_the_alerts_differ(shown: list[Shown]):
    """The comparison has something to find: alerts by arm, and a stream that changes."""
    assert len({each.alerts for each in shown}) > 1
    assert len(shown[0].stream) > 20 and len(set(shown[0].stream)) > 10
    assert "'status': 200" in shown[0].answers[0] and "randomised" in shown[0].answers[0]


def test_reviews_that_wait_are_not_counted(shown: list[Shown]):
    """Their number depends on the arms; the worker that does not fold them is not missed."""
    for each in shown:
        assert '"live":true' in each.answers[-1] and '"lag":0' in each.answers[-1]


def test_the_open_board_names_no_treatment_and_no_term(shown: list[Shown], names: list[str]):
    """Neither a page nor an event nor a refusal does."""
    text = repr([(each.answers, each.stream) for each in shown])
    assert [name for name in (*names, "DVT", "clots", "P3", "fatal") if name in text] == []
