"""The live benchmark measures what it says: its truth, its clock, its count of commands."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from redis import Redis

from benchmarks.live.checker import PeerCounts, job_of
from benchmarks.live.contenders.job import cells_of, is_counted
from benchmarks.live.load import Load, Message, unwatched
from benchmarks.live.watch import Eye, cpu_of
from benchmarks.synthetic import Workload, write_log
from benchmarks.truth import read_truth
from monitor.plan.plan import read_plan


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small log, with its truth beside it."""
    return write_log(Workload(trials=5, reports=500), tmp_path_factory.mktemp("log") / "log.jsonl")


@pytest.fixture
def eye(redis_url: str) -> Eye:
    """Our eye on an emptied store."""
    eye = Eye(redis_url)
    eye.empty()
    return eye


def counted(messages: list[Message]) -> Counter[tuple[str, str]]:
    """What the plainest contender would count."""
    records = [json.loads(message.value) for message in messages]
    return Counter(cell for each in records if is_counted(each) for cell in cells_of(each))


def right(log: Path) -> dict[str, dict[str, int]]:
    """What the generator knows of the same."""
    return job_of(read_truth(log))


def write(url: str, counts: Counter[tuple[str, str]]) -> int:
    """Leave *counts* in the store, as a contender does; how many commands that took."""
    with Redis.from_url(url) as store:
        for (name, field), count in counts.items():
            store.hincrby(name, field, count)
    return len(counts)


def test_counting_every_record_comes_to_what_was_drawn(log: Path):
    """The truth is told by the generator and never by a reader of the log; here both agree."""
    said = {(name, field): n for name, cells in right(log).items() for field, n in cells.items()}

    assert counted(list(Load(log).read())) == said


def test_a_contender_is_accepted_if_every_count_is_right(log: Path, eye: Eye):
    """Begun, done and right are told by the store alone."""
    load = Load(log)
    counts = counted(list(load.read()))
    peers = PeerCounts(load)
    assert (peers.begun(eye), peers.done(eye)) == (0, False)

    write(eye.url, counts)

    assert (peers.done(eye), peers.fault(eye)) == (True, None)
    assert load.records - 5 <= peers.begun(eye) <= load.records  # Not all end with a report.


@pytest.mark.parametrize("more", [1, -1])
def test_a_count_too_many_or_too_few_is_a_rejection(log: Path, eye: Eye, more: int):
    """One report lost or counted twice among hundreds is named."""
    load = Load(log)
    counts = counted(list(load.read()))
    name, field = min(counts)
    counts[name, field] += more
    write(eye.url, counts)

    said = PeerCounts(load).fault(eye)

    drawn = right(log)[name][field]
    assert said == f"{name} {field} is {drawn + more}, drawn were {drawn}"


def test_a_hash_too_many_is_a_rejection(log: Path, eye: Eye):
    """A contender that counts what nobody drew is not right."""
    load = Load(log)
    write(eye.url, counted(list(load.read())) + Counter({("pt:TRIAL-999", "Headache"): 1}))

    assert PeerCounts(load).fault(eye) == "not 10 hashes in the store"


def test_only_commands_of_others_are_counted(eye: Eye):
    """Watching does not cost a contender anything."""
    sent = write(eye.url, Counter({("pt:TRIAL-001", f"Term {n}"): n for n in range(1, 8)}))
    eye.ask(("DBSIZE",), ("HVALS", "pt:TRIAL-001"), atomic=True)
    eye.ask(("HGET", "pt:TRIAL-001", "Term 1"))

    # A connection of redis-py says who it is, in two commands, before the first.
    assert eye.commands() - sent in range(3)
    assert eye.commands() == eye.commands()


def test_half_of_the_reports_is_half_of_the_log(log: Path):
    """Records that nobody counts lie between those that all count; the rate is over all."""
    load = Load(log)
    list(load.read())
    part = max(load.parts, key=lambda part: part.records)
    half = len(part.counted) // 2

    assert part.place(0) == 0
    assert half < part.place(half) < part.place(len(part.counted)) <= part.records


def test_a_plan_without_watches_is_a_plan(log: Path):
    """The counting row folds the same records, under a plan that watches nothing."""
    whole, edited = list(Load(log).read()), list(Load(log).read(unwatched))
    changed = [
        json.loads(new.value)
        for old, new in zip(whole, edited, strict=True)
        if old.value != new.value
    ]

    assert [each["type"] for each in changed] == ["plan"] * 5
    assert all(each["sha256"] == sha256(each["toml"].encode()).hexdigest() for each in changed)
    assert {read_plan(each["toml"]).watches for each in changed} == {()}


BURN = """
import time
while time.process_time() < 0.2: pass
print(flush=True)
input()
"""


def test_the_cpu_of_a_process_counts_those_it_started():
    """A contender that leaves its work to another process is charged for it."""
    before = cpu_of(os.getpid())
    command = [sys.executable, "-c", BURN]
    with Popen(command, stdin=PIPE, stdout=PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        theirs, ours = cpu_of(child.pid), cpu_of(os.getpid())
        child.communicate(b"\n")

    assert theirs > 0.1 and ours - before > 0.1
