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

from benchmarks.live.contenders.job import cells_of, is_counted
from benchmarks.live.load import Load, Message, without_watches
from benchmarks.live.peer_counts import PeerCounts, expected_hashes
from benchmarks.live.probe import StoreProbe, cpu_seconds_of
from benchmarks.synthetic import Workload, write_log
from benchmarks.truth import read_truth
from monitor.plan.plan import read_plan


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small log, with its truth beside it."""
    return write_log(Workload(trials=5, reports=500), tmp_path_factory.mktemp("log") / "log.jsonl")


@pytest.fixture
def eye(redis_url: str) -> StoreProbe:
    """Our eye on an emptied store."""
    eye = StoreProbe(redis_url)
    eye.flush()
    return eye


def counted_cells(messages: list[Message]) -> Counter[tuple[str, str]]:
    """What the plainest contender would count."""
    records = [json.loads(message.value) for message in messages]
    return Counter(cell for each in records if is_counted(each) for cell in cells_of(each))


def true_counts(log: Path) -> dict[str, dict[str, int]]:
    """What the generator knows of the same."""
    return expected_hashes(read_truth(log))


def write_counts(url: str, counts: Counter[tuple[str, str]]) -> int:
    """Leave *counts* in the store, as a contender does; how many commands that took."""
    with Redis.from_url(url) as store:
        for (name, field), count in counts.items():
            store.hincrby(name, field, count)
    return len(counts)


def test_counting_every_record_comes_to_what_was_drawn(log: Path):
    """The truth is told by the generator and never by a reader of the log; here both agree."""
    said = {
        (name, field): n for name, cells in true_counts(log).items() for field, n in cells.items()
    }

    assert counted_cells(list(Load(log).messages())) == said


def test_a_contender_is_accepted_if_every_count_is_right(log: Path, eye: StoreProbe):
    """Begun, done and right are told by the store alone."""
    load = Load(log)
    counts = counted_cells(list(load.messages()))
    peers = PeerCounts(load)
    assert (peers.count_folded(eye), peers.is_complete(eye)) == (0, False)

    write_counts(eye.url, counts)

    assert (peers.is_complete(eye), peers.first_difference(eye)) == (True, None)
    assert load.records - 5 <= peers.count_folded(eye) <= load.records  # Not all end with a report.


@pytest.mark.parametrize("more", [1, -1])
def test_a_count_too_many_or_too_few_is_a_rejection(log: Path, eye: StoreProbe, more: int):
    """One report lost or counted twice among hundreds is named."""
    load = Load(log)
    counts = counted_cells(list(load.messages()))
    name, field = min(counts)
    counts[name, field] += more
    write_counts(eye.url, counts)

    said = PeerCounts(load).first_difference(eye)

    drawn = true_counts(log)[name][field]
    assert said == f"{name} {field} is {drawn + more}, expected {drawn}"


def test_a_hash_too_many_is_a_rejection(log: Path, eye: StoreProbe):
    """A contender that counts what nobody drew is not right."""
    load = Load(log)
    write_counts(
        eye.url, counted_cells(list(load.messages())) + Counter({("pt:TRIAL-999", "Headache"): 1})
    )

    assert PeerCounts(load).first_difference(eye) == "not 10 hashes in the store"


def test_only_commands_of_others_are_counted(eye: StoreProbe):
    """Watching does not cost a contender anything."""
    sent = write_counts(eye.url, Counter({("pt:TRIAL-001", f"Term {n}"): n for n in range(1, 8)}))
    eye.query(("DBSIZE",), ("HVALS", "pt:TRIAL-001"), atomic=True)
    eye.query(("HGET", "pt:TRIAL-001", "Term 1"))

    # A connection of redis-py says who it is, in two commands, before the first.
    assert eye.count_commands() - sent in range(3)
    assert eye.count_commands() == eye.count_commands()


def test_half_of_the_reports_is_half_of_the_log(log: Path):
    """Records that nobody counts lie between those that all count; the rate is over all."""
    load = Load(log)
    list(load.messages())
    part = max(load.partitions, key=lambda part: part.records)
    half = len(part.counted_positions) // 2

    assert part.records_read(0) == 0
    assert (
        half
        < part.records_read(half)
        < part.records_read(len(part.counted_positions))
        <= part.records
    )


def test_a_plan_without_watches_is_a_plan(log: Path):
    """The counting row folds the same records, under a plan that watches nothing."""
    whole, edited = list(Load(log).messages()), list(Load(log).messages(without_watches))
    changed = [
        json.loads(new.value)
        for old, new in zip(whole, edited, strict=True)
        if old.value != new.value
    ]

    assert [each["type"] for each in changed] == ["plan"] * 5
    assert all(each["sha256"] == sha256(each["toml"].encode()).hexdigest() for each in changed)
    assert {read_plan(each["toml"]).watches for each in changed} == {()}


CPU_PROGRAM = """
import time
while time.process_time() < 0.2: pass
print(flush=True)
input()
"""


def test_the_cpu_of_a_process_counts_those_it_started():
    """A contender that leaves its work to another process is charged for it."""
    before = cpu_seconds_of(os.getpid())
    command = [sys.executable, "-c", CPU_PROGRAM]
    with Popen(command, stdin=PIPE, stdout=PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        theirs, ours = cpu_seconds_of(child.pid), cpu_seconds_of(os.getpid())
        child.communicate(b"\n")

    assert theirs > 0.1 and ours - before > 0.1
