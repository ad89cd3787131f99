"""Measures the board beside a worker: times of pages, the age of what they show, and the fold.

The same load is folded once without the board and once with it.  The age of a page is the time
since the first record of its study that it does not show was due, at the page's last byte; it is 0
where it shows every record that was due.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

import orjson

from benchmarks.live.board_readers import Readers, open_readers
from benchmarks.live.board_report import BoardRun, board_table
from benchmarks.live.board_server import BoardServer, open_board
from benchmarks.live.board_study import measure_large_study
from benchmarks.live.environment import BenchmarkEnvironment
from benchmarks.live.latency import WARM_UP_RECORDS
from benchmarks.live.load import Load, Message, draw_log
from benchmarks.live.paced_fold import DueRecords, FoldRun, PacedFold, start_fold
from benchmarks.report import Table
from streams.records.encode import encode_record

STUDIES_READ = 10
WARM_UP_SECONDS = 2
CLOSE_SECONDS = 1
"""Time in which the server sees that the streams of the warm-up are closed: a session has 16."""

VARIANTS = 10
"""Terms in place of each of the 200 of the drawn log: about as many as MedDRA's trials have."""


def measure_board(environment: BenchmarkEnvironment, rate: int, seconds: int) -> Table:
    """Fold *rate* reports a second for *seconds* without and with the board and its readers.

    Then measure the board of a study of 50,000 cases.  Raises `Rejected` where a process ends, a
    page is not answered or a record is not folded.
    """
    load = Load(draw_log(environment.folder, WARM_UP_RECORDS + rate * seconds))
    messages = list(load.messages(with_more_terms))
    with environment.with_new_brokers("plain") as plain_environment:
        plain = run_plain(plain_environment, messages, rate, seconds)
    show_run("without the board", plain)
    with environment.with_new_brokers("beside") as board_environment:
        run = run_board(board_environment, messages, rate, seconds)
    show_run("with the board", run.fold)
    table = board_table(plain, run, rate, count_terms(messages))
    print(table, file=sys.stderr)
    with environment.with_new_brokers("large") as large_environment:
        return table + measure_large_study(large_environment, with_more_terms)


def run_plain(
    environment: BenchmarkEnvironment, messages: Sequence[Message], rate: int, seconds: int
) -> FoldRun:
    """Fold *messages* without the board."""
    with start_fold(environment, messages, rate) as fold:
        begin = fold.begin()
        run = asyncio.run(fold.observe(begin, seconds, None))
        tail, lateness = fold.wait_end(begin)
    return replace(run, tail=tail, lateness=lateness)


def run_board(
    environment: BenchmarkEnvironment, messages: Sequence[Message], rate: int, seconds: int
) -> BoardRun:
    """Fold *messages* with the board and all of its readers."""
    with (
        start_fold(environment, messages, rate) as fold,
        open_board(environment, WARM_UP_RECORDS) as server,
    ):
        begin, run, readers = asyncio.run(read_beside(fold, server, seconds))
        tail, lateness = fold.wait_end(begin)
    records = DueRecords.of(messages, begin, rate)
    return BoardRun(
        fold=replace(run, tail=tail, lateness=lateness),
        loads=readers.loads,
        ages=[records.age_of(each) for each in readers.loads],
        events=readers.events,
        silence=readers.silence,
    )


async def read_beside(
    fold: PacedFold, server: BoardServer, seconds: int
) -> tuple[float, FoldRun, Readers]:
    """Read the board for *seconds* while records are folded; return when that began."""
    studies = sorted({each.key for each in fold.messages[:WARM_UP_RECORDS]})[:STUDIES_READ]
    async with open_readers(server.address) as readers:
        await readers.read(studies, time.monotonic(), WARM_UP_SECONDS)
        readers.forget()
        await asyncio.sleep(CLOSE_SECONDS)
        begin = fold.begin()
        run, _ = await asyncio.gather(
            fold.observe(begin, seconds, server), readers.read(studies, begin, seconds)
        )
    return begin, run, readers


def with_more_terms(line: bytes) -> bytes:
    """Return the record with one of VARIANTS terms in place of its own, by its subject.

    The terms that a watch of the plan names stay as they are.
    """
    if b'"adverse_event"' not in line:
        return line
    record = orjson.loads(line)
    if not record["preferred_term"].startswith("Preferred term "):
        return line
    variant = crc32(record["subject"].encode()) % VARIANTS
    return encode_record(record | {"preferred_term": f"{record['preferred_term']} ({variant})"})


def count_terms(messages: Sequence[Message]) -> int:
    """Return how many terms the records of *messages* have."""
    records = (orjson.loads(each.value) for each in messages if b"preferred_term" in each.value)
    return len({each["preferred_term"] for each in records if "preferred_term" in each})


def show_run(name: str, run: FoldRun) -> None:
    """Print what a run has measured."""
    print(
        f"{name}: {run.rate:,.0f} records/s, {run.cpu_us_a_record:.0f} us a record, the last "
        f"{run.tail:.2f} s after it was due",
        file=sys.stderr,
    )
