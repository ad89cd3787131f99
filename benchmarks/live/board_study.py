"""Measures the board of one large study: its snapshots, and the first pages of the web process."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence

import orjson

from benchmarks.live.board_readers import VIEWS, Readers, open_readers
from benchmarks.live.board_report import LargeView, large_study_table
from benchmarks.live.board_server import FOLLOW_SECONDS, BoardServer, open_board
from benchmarks.live.contender import EVERYTHING
from benchmarks.live.environment import BenchmarkEnvironment
from benchmarks.live.load import Edit, Load, Message, draw_log, make_topics, send_messages
from benchmarks.live.memory import wait_folded
from benchmarks.live.run import contender_variables
from benchmarks.report import Table
from board.follower.client import FollowerClient
from board.follower.protocol import CLOSED_SOCKET

CASES = 50_000
RECORDS_A_CASE = 2
"""More than enough: a case has one or two records, and the subject's are few."""

CONNECT_SECONDS = 1.0


def measure_large_study(environment: BenchmarkEnvironment, edit: Edit) -> Table:
    """Fold a study of CASES cases, each record changed by *edit*, and read its first pages."""
    environment.folder.mkdir(parents=True, exist_ok=True)
    file = draw_log(environment.folder, RECORDS_A_CASE * CASES, trials=1)
    messages = first_cases(list(Load(file).messages(edit)))
    records = [orjson.loads(each.value) for each in messages]
    terms = {each["preferred_term"] for each in records if each["type"] == "adverse_event"}
    broker = environment.broker_address(EVERYTHING.log)
    make_topics(broker)
    environment.probe.flush()
    send_messages(broker, messages)
    worker = environment.start(EVERYTHING, **contender_variables(environment, EVERYTHING))
    try:
        wait_folded(worker, environment.probe, len(messages), FOLLOW_SECONDS)
        with open_board(environment, len(messages)) as server:
            views = asyncio.run(read_first_pages(server, messages[0].key))
    finally:
        worker.stop()
    return large_study_table(views, CASES, len(messages), len(terms))


def first_cases(messages: Sequence[Message]) -> list[Message]:
    """Return the records until CASES cases are reported."""
    cases: set[str] = set()
    for number, message in enumerate(messages):
        record = orjson.loads(message.value)
        if record["type"] == "adverse_event":
            cases.add(record["source"]["id"])
            if len(cases) == CASES:
                return list(messages[: number + 1])
    raise AssertionError(f"{len(cases):,} of {CASES:,} cases were drawn")


async def read_first_pages(server: BoardServer, study: str) -> list[LargeView]:
    """Let the follower build each view of *study*, and then read its page twice."""
    client = FollowerClient(server.sockets / CLOSED_SOCKET)
    await client.start()
    await asyncio.sleep(CONNECT_SECONDS)
    try:
        async with open_readers(server.address) as readers:
            views = [await read_view(server, client, readers, study, view) for view in VIEWS]
    finally:
        await client.close()
    for each in views:
        print(f"{each}", file=sys.stderr)
    return views


async def read_view(
    server: BoardServer, client: FollowerClient, readers: Readers, study: str, view: str
) -> LargeView:
    """Return what the snapshot of *view* costs, and how long its pages take after it."""
    before, asked = server.read_cpu(), time.monotonic()
    answer = await client.ask(study, view)
    answered, after = time.monotonic(), server.read_cpu()
    due = time.monotonic()
    first = await readers.load_page(0, study, view, due)
    following = await readers.load_page(0, study, view, time.monotonic())
    return LargeView(
        view=view,
        snapshot_cpu=after.since(before).follower,
        snapshot_seconds=answered - asked,
        first_ms=1000 * first.seconds,
        next_ms=1000 * following.seconds,
        size_bytes=len(orjson.dumps(answer.body)),
    )
