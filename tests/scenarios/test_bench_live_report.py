"""The live benchmark's numbers are set out as they are: interleaved, by two clocks, or rejected."""

from __future__ import annotations

from benchmarks.live.contender import CONTENDERS
from benchmarks.live.latency import LatencySample, quantile
from benchmarks.live.load import PARTITIONS
from benchmarks.live.race import ContenderResult, interleaved_rounds
from benchmarks.live.report import SPEED_GOALS, check_goal, comparison_table, replace_section
from benchmarks.live.run import RunResult


def runs(rate: float) -> ContenderResult:
    """A contender of so many reports a second."""
    return ContenderResult(
        [RunResult(records=1_000, seconds=1_000 / rate, cpu=1_000 / rate, commands=10)]
    )


def test_rounds_are_interleaved():
    """Nobody runs five times in a row while the machine is quiet, or always after the same."""
    order = [(number, each.name) for number, each in interleaved_rounds(CONTENDERS[:2], rounds=3)]

    assert order == [
        (1, "faust-call"), (1, "faust-take"),
        (2, "faust-take"), (2, "faust-call"),
        (3, "faust-call"), (3, "faust-take"),
    ]  # fmt: skip


def test_a_promise_is_kept_by_the_clock_and_by_cpu_or_it_is_not_kept():
    """Three times as fast on three times as many cores is not three times as fast."""
    must = SPEED_GOALS[0]
    one = RunResult(records=1_000, seconds=0.25, cpu=0.5, commands=10)

    assert check_goal(must, runs(3_000), runs(1_000)) == (True, "3.0 x by the clock, 3.0 x by CPU")
    assert check_goal(must, ContenderResult([one]), runs(1_000)) == (
        False,
        "4.0 x by the clock, 2.0 x by CPU",
    )
    assert check_goal(must, ContenderResult(rejection="wrong"), runs(1_000)) == (
        False,
        "a contender was rejected",
    )


def test_who_was_rejected_has_no_rate():
    """The table says why, and no number of a run that was wrong."""
    faust = CONTENDERS[0]

    said = comparison_table(
        [faust], {faust.name: ContenderResult(rejection="pt:X Y is 1, expected 2")}, 500
    )

    assert "REJECTED: pt:X Y is 1, expected 2" in said


def test_a_kept_part_replaces_the_one_before_it():
    """The race, the latency and the rebuild are run apart and kept in one file."""
    text = replace_section("# Live\n", "\n## Rebuild (a)\n\nold\n")
    text = replace_section(text, "\n## Latency (b)\n\nfast\n")

    assert replace_section(text, "\n## Rebuild (c)\n\nnew\n") == (
        "# Live\n\n## Latency (b)\n\nfast\n\n## Rebuild (c)\n\nnew\n"
    )


def test_a_latency_counts_from_when_its_record_was_due():
    """A stall is charged to every record that waited in it."""
    seen = LatencySample([[0.0, 1.0, 2.0], *([] for _ in range(PARTITIONS - 1))])
    rest = [0] * (PARTITIONS - 1)

    seen.add_reading([1, *rest], 0.5)
    assert not seen.is_complete
    seen.add_reading([3, *rest], 4.0)

    assert seen.is_complete
    assert seen.latencies == [0.5, 3.0, 2.0]


def test_a_quantile_is_a_latency_that_was_seen():
    """Of a thousand, p99.9 is the longest but one."""
    thousand = [float(n) for n in range(1, 1_001)]

    assert [quantile(thousand, share) for share in (0.5, 0.99, 0.999, 1.0)] == [500, 990, 999, 1000]
