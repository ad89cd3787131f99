"""Tests the measurements of the live benchmark: expected counts, CPU time and commands."""

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
    """Write a small log, with its expected counts beside it."""
    return write_log(Workload(trials=5, reports=500), tmp_path_factory.mktemp("log") / "log.jsonl")


@pytest.fixture
def probe(redis_url: str) -> StoreProbe:
    """Return a probe of an emptied store."""
    probe = StoreProbe(redis_url)
    probe.flush()
    return probe


def counted_cells(messages: list[Message]) -> Counter[tuple[str, str]]:
    """Return what the simplest contender would count."""
    records = [json.loads(message.value) for message in messages]
    return Counter(cell for each in records if is_counted(each) for cell in cells_of(each))


def true_counts(log: Path) -> dict[str, dict[str, int]]:
    """Return the same counts as drawn by the generator."""
    return expected_hashes(read_truth(log))


def write_counts(url: str, counts: Counter[tuple[str, str]]) -> int:
    """Write *counts* to the store as a contender does, and return the number of commands."""
    with Redis.from_url(url) as store:
        for (name, field), count in counts.items():
            store.hincrby(name, field, count)
    return len(counts)


def test_counting_every_record_gives_the_drawn_counts(log: Path):
    """Expected counts come from the generator, not from a reader of the log; here both agree."""
    expected = {
        (name, field): n for name, cells in true_counts(log).items() for field, n in cells.items()
    }

    assert counted_cells(list(Load(log).messages())) == expected


def test_a_contender_is_accepted_if_every_count_is_right(log: Path, probe: StoreProbe):
    """Start, completion and correctness are read from the store alone."""
    load = Load(log)
    counts = counted_cells(list(load.messages()))
    peers = PeerCounts(load)
    assert (peers.count_folded(probe), peers.is_complete(probe)) == (0, False)

    write_counts(probe.url, counts)

    assert (peers.is_complete(probe), peers.first_difference(probe)) == (True, None)
    assert (
        load.records - 5 <= peers.count_folded(probe) <= load.records
    )  # Some partitions do not end with a report.


@pytest.mark.parametrize("error", [1, -1])
def test_a_count_too_many_or_too_few_is_a_rejection(log: Path, probe: StoreProbe, error: int):
    """A single report that is lost or counted twice is named."""
    load = Load(log)
    counts = counted_cells(list(load.messages()))
    name, field = min(counts)
    counts[name, field] += error
    write_counts(probe.url, counts)

    difference = PeerCounts(load).first_difference(probe)

    drawn = true_counts(log)[name][field]
    assert difference == f"{name} {field} is {drawn + error}, expected {drawn}"


def test_an_additional_hash_is_a_rejection(log: Path, probe: StoreProbe):
    """A contender that counts a trial which was not drawn is rejected."""
    load = Load(log)
    write_counts(
        probe.url, counted_cells(list(load.messages())) + Counter({("pt:TRIAL-999", "Headache"): 1})
    )

    assert PeerCounts(load).first_difference(probe) == "not 10 hashes in the store"


def test_only_commands_of_others_are_counted(probe: StoreProbe):
    """The commands of the probe are not charged to a contender."""
    sent = write_counts(probe.url, Counter({("pt:TRIAL-001", f"Term {n}"): n for n in range(1, 8)}))
    probe.query(("DBSIZE",), ("HVALS", "pt:TRIAL-001"), atomic=True)
    probe.query(("HGET", "pt:TRIAL-001", "Term 1"))

    # redis-py identifies itself in up to two commands when it connects.
    assert probe.count_commands() - sent in range(3)
    assert probe.count_commands() == probe.count_commands()


def test_progress_is_counted_over_all_records_of_the_log(log: Path):
    """Between counted reports are records that no contender counts; the rate includes them."""
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


def test_a_plan_without_watches_is_valid(log: Path):
    """The row without watches folds the same records under a plan that has none."""
    original, edited = list(Load(log).messages()), list(Load(log).messages(without_watches))
    changed = [
        json.loads(new.value)
        for old, new in zip(original, edited, strict=True)
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


def test_the_cpu_time_of_a_process_includes_its_children():
    """A contender that starts another process for its work is charged for it."""
    before = cpu_seconds_of(os.getpid())
    command = [sys.executable, "-c", CPU_PROGRAM]
    with Popen(command, stdin=PIPE, stdout=PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        child_seconds, own_seconds = cpu_seconds_of(child.pid), cpu_seconds_of(os.getpid())
        child.communicate(b"\n")

    assert child_seconds > 0.1 and own_seconds - before > 0.1
