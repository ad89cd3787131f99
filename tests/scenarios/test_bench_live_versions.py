"""Tests the contender that keeps versions, the log with headers, and the CPU in the report."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from benchmarks.live.contender import CONTENDERS
from benchmarks.live.contenders.versions_job import APPLIED, count_changes, hash_of, is_relevant
from benchmarks.live.latency_report import base_text, latency_table
from benchmarks.live.latency_run import LatencyRun, LatencySample
from benchmarks.live.load import PARTITIONS, Load
from benchmarks.live.probe import StoreProbe
from benchmarks.live.race import ContenderResult, expected_counts_of
from benchmarks.live.report import header_lines
from benchmarks.live.run import RunResult
from benchmarks.live.version_counts import VersionCounts, expected_events
from benchmarks.synthetic import Workload, write_log
from benchmarks.truth import read_truth
from streams.records.encode import cloudevents_headers


class DictState(dict[str, Any]):
    """The state of one study in memory."""

    def set(self, key: str, value: Any) -> None:
        """Set the value of *key*."""
        self[key] = value


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a small log, with its expected counts beside it."""
    return write_log(Workload(trials=5, reports=600), tmp_path_factory.mktemp("log") / "log.jsonl")


def case(version: int, *, serious: bool = False, term: str = "Headache") -> dict[str, Any]:
    """Return a version of one case."""
    source = {"system": "edc", "id": "AE1", "version": version}
    terms = {"preferred_term": term, "system_organ_class": "Nervous system"}
    return {
        "type": "adverse_event", "source": source, "subject": "S-1", "serious": serious, **terms
    }  # fmt: skip


def folded(records: list[dict[str, Any]]) -> dict[str, Counter[str]]:
    """Return the counts of *records* by study."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    states: dict[str, DictState] = defaultdict(DictState)
    for record in records:
        study = record.get("study", "S")
        if is_relevant(record):
            counts[study].update(count_changes(record, states[study]))
    return counts


def subject() -> dict[str, Any]:
    """Return the record that has the arm of the case's subject."""
    return {"type": "subject", "subject": "S-1", "randomised_treatment": "drug"}


def test_a_correction_takes_back_what_the_former_version_counted():
    """The case counts once, under the term and the seriousness of its latest version."""
    counts = folded([subject(), case(1, serious=True), case(2, term="Migraine")])["S"]

    assert +counts == {
        "drug/preferred_term/Migraine": 1, "drug/system_organ_class/Nervous system": 1
    }  # fmt: skip


def test_an_earlier_or_repeated_version_changes_nothing():
    """The latest version stays, in whatever order versions arrive."""
    records = [subject(), case(2), case(1, term="Migraine"), case(2)]

    assert folded(records)["S"] == folded([subject(), case(2)])["S"]


def test_keeping_versions_gives_the_drawn_counts(log: Path):
    """Expected counts come from the generator, not from a reader of the log; here both agree."""
    records = [json.loads(message.value) for message in Load(log).messages()]

    observed = {hash_of(study): dict(+counts) for study, counts in folded(records).items()}

    assert observed == expected_events(read_truth(log))


@pytest.mark.parametrize("error", [0, 1])
def test_the_contender_is_accepted_if_every_count_is_right(log: Path, redis_url: str, error: int):
    """A case that a correction did not take back is named."""
    probe, load = StoreProbe(redis_url), Load(log)
    probe.flush()
    records = [json.loads(message.value) for message in load.messages()]
    counts = VersionCounts(load)
    assert (counts.count_folded(probe), counts.is_complete(probe)) == (0, False)

    store: Any
    with Redis.from_url(redis_url) as store:
        for study, cells in folded(records).items():
            cells[min(cells)] += error
            store.hset(hash_of(study), mapping=dict(cells))
        for number, part in enumerate(load.partitions):
            store.hset(APPLIED, str(number), part.records)

    assert (counts.is_complete(probe), counts.count_folded(probe)) == (True, load.records)
    assert (counts.first_difference(probe) is None) == (error == 0)


def test_each_contender_is_checked_by_the_counts_of_its_job(log: Path):
    """The contender that keeps versions is not held to counts of all versions."""
    load = Load(log)
    checked = {each.name: type(expected_counts_of(each, load)).__name__ for each in CONTENDERS}

    assert checked["quix-versions"] == "VersionCounts"
    assert checked["quix"] == checked["bare-headers"] == "PeerCounts"
    assert checked["everything"] == checked["everything-headers"] == "TableCounts"


def test_headers_are_those_that_produce_sends(log: Path):
    """The log with headers has the same records, each with its CloudEvents attributes."""
    without, with_headers = Load(log).messages(), Load(log).messages(with_headers=True)

    for plain, message in zip(without, with_headers, strict=True):
        assert plain.headers == ()
        assert message == plain._replace(headers=cloudevents_headers(plain.value))


def test_the_report_says_what_headers_cost():
    """The ratio is that of CPU a record, with headers to without."""
    rates = {"everything": 20_000, "everything-headers": 10_000}
    results = {
        name: ContenderResult(
            [RunResult(records=1_000, seconds=1, cpu=1_000 / rate, commands=10)]
        )
        for name, rate in rates.items()
    }  # fmt: skip

    (line,) = header_lines(CONTENDERS, results)

    assert line == "CloudEvents headers: Tocsin, everything on, 2.00 x the CPU with them"


def latency_run(cpu_us: float) -> LatencyRun:
    """Return a run of a hundred records that took *cpu_us* CPU microseconds each."""
    sample = LatencySample([[] for _ in range(PARTITIONS)], latencies=[0.02] * 100)
    sample.reading_times = [0.0, 0.004]
    return LatencyRun(sample, seconds=0.05, cpu_seconds=cpu_us / 10_000, lateness=0.001, writes=40)


def test_the_report_has_the_cpu_of_each_record(tmp_path: Path):
    """It gives the CPU of a record, its limit, and the ratio to a base that ran in turn."""
    runs, base_runs = [latency_run(100), latency_run(110)], [latency_run(200), latency_run(200)]

    text = latency_table(runs, 2_000) + base_text(runs, base_runs, tmp_path)

    assert "105 us of CPU a record (100 - 110; goal at most 120: met)" in text
    assert "at 2.5 records in a write" in text
    assert "the CPU a record is 0.53 x of that (0.50 - 0.55)" in text
