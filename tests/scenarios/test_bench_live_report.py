"""Tests the report of the live benchmark: interleaved rounds, two clocks and rejections."""

from __future__ import annotations

from benchmarks.live.contender import CONTENDERS
from benchmarks.live.latency_run import LatencySample, quantile
from benchmarks.live.load import PARTITIONS
from benchmarks.live.race import ContenderResult, interleaved_rounds
from benchmarks.live.report import SPEED_GOALS, check_goal, comparison_table, replace_section
from benchmarks.live.run import RunResult


def runs(rate: float) -> ContenderResult:
    """Return the result of a contender that folds *rate* records a second."""
    return ContenderResult(
        [RunResult(records=1_000, seconds=1_000 / rate, cpu=1_000 / rate, commands=10)]
    )


def test_rounds_are_interleaved():
    """No contender runs several times in a row, or always after the same other one."""
    order = [(number, each.name) for number, each in interleaved_rounds(CONTENDERS[:2], rounds=3)]

    assert order == [
        (1, "faust-call"), (1, "faust-take"),
        (2, "faust-take"), (2, "faust-call"),
        (3, "faust-call"), (3, "faust-take"),
    ]  # fmt: skip


def test_a_speed_goal_must_be_met_by_the_clock_and_by_cpu():
    """A contender that is faster only because it uses more cores does not meet the goal."""
    goal = SPEED_GOALS[0]
    parallel = RunResult(records=1_000, seconds=0.25, cpu=0.5, commands=10)

    assert check_goal(goal, runs(3_000), runs(1_000)) == (True, "3.0 x by the clock, 3.0 x by CPU")
    assert check_goal(goal, ContenderResult([parallel]), runs(1_000)) == (
        False,
        "4.0 x by the clock, 2.0 x by CPU",
    )
    assert check_goal(goal, ContenderResult(rejection="wrong"), runs(1_000)) == (
        False,
        "a contender was rejected",
    )


def test_a_rejected_contender_has_no_rate():
    """The table gives the reason for the rejection in place of numbers."""
    faust = CONTENDERS[0]

    table = comparison_table(
        [faust], {faust.name: ContenderResult(rejection="pt:X Y is 1, expected 2")}, 500
    )

    assert "REJECTED: pt:X Y is 1, expected 2" in table


def test_a_new_section_replaces_the_earlier_one():
    """The race, the latency and the rebuild are measured separately and share one file."""
    text = replace_section("# Live\n", "\n## Rebuild (a)\n\nold\n")
    text = replace_section(text, "\n## Latency (b)\n\nfast\n")

    assert replace_section(text, "\n## Rebuild (c)\n\nnew\n") == (
        "# Live\n\n## Latency (b)\n\nfast\n\n## Rebuild (c)\n\nnew\n"
    )


def test_a_latency_is_measured_from_the_due_time_of_its_record():
    """A stall adds to the latency of every record that waits during it."""
    sample = LatencySample([[0.0, 1.0, 2.0], *([] for _ in range(PARTITIONS - 1))])
    other_partitions = [0] * (PARTITIONS - 1)

    sample.add_reading([1, *other_partitions], 0.5)
    assert not sample.is_complete
    sample.add_reading([3, *other_partitions], 4.0)

    assert sample.is_complete
    assert sample.latencies == [0.5, 3.0, 2.0]


def test_a_quantile_is_an_observed_latency():
    """Of a thousand latencies, p99.9 is the second longest."""
    latencies = [float(n) for n in range(1, 1_001)]

    assert [quantile(latencies, share) for share in (0.5, 0.99, 0.999, 1.0)] == [
        500,
        990,
        999,
        1000,
    ]
