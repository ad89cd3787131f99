"""Runs every contender on one log in interleaved rounds, and collects rates and costs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.live.contender import Contender
from benchmarks.live.environment import BenchmarkEnvironment
from benchmarks.live.load import Load, draw_log, without_watches, write_to_kafka
from benchmarks.live.peer_counts import PeerCounts
from benchmarks.live.probe import ExpectedCounts
from benchmarks.live.run import Rejected, RunResult, run_contender
from benchmarks.live.table_counts import TableCounts
from benchmarks.live.version_counts import VersionCounts


@dataclass(slots=True)
class ContenderResult:
    """The accepted runs of one contender, or the reason why it was rejected."""

    runs: list[RunResult] = field(default_factory=list[RunResult])
    rejection: str = ""

    def __str__(self) -> str:
        if self.rejection:
            return f"REJECTED: {self.rejection}"
        last = self.runs[-1]
        return f"{last.wall_rate:,.0f} reports/s, {last.cpu_rate:,.0f} per CPU second"


ContenderResults = dict[str, ContenderResult]


def compare_contenders(
    environment: BenchmarkEnvironment, contenders: Sequence[Contender], reports: int, rounds: int
) -> ContenderResults:
    """Run all *contenders* in turn, *rounds* times; a rejected contender runs no more."""
    results = {contender.name: install_contender(contender) for contender in contenders}
    loads = fill_logs(environment, contenders, reports)
    for number, contender in interleaved_rounds(contenders, rounds):
        contender_result, load = results[contender.name], loads[contender.log]
        if not contender_result.rejection:
            try:
                result = run_contender(
                    environment, contender, expected_counts_of(contender, load), load.records
                )
                contender_result.runs.append(result)
            except Rejected as error:
                contender_result.rejection = str(error)
            print(f"round {number}: {contender.title}: {contender_result}", file=sys.stderr)
    return results


def install_contender(contender: Contender) -> ContenderResult:
    """Install *contender*; return an empty result, or a rejection where pip fails."""
    try:
        contender.install()
    except subprocess.CalledProcessError:
        return ContenderResult(rejection=f"pip could not install {' '.join(contender.packages)}")
    return ContenderResult()


def interleaved_rounds(
    contenders: Sequence[Contender], rounds: int
) -> Iterator[tuple[int, Contender]]:
    """Yield round and contender; every second round is reversed, which varies the predecessor."""
    for number in range(rounds):
        for contender in contenders if number % 2 == 0 else reversed(contenders):
            yield number + 1, contender


def fill_logs(
    environment: BenchmarkEnvironment, contenders: Sequence[Contender], reports: int
) -> dict[str, Load]:
    """Write each needed log to its own broker, because all logs have the same topic name."""
    file = draw_log(environment.folder, reports)
    wanted = {contender.log for contender in contenders}
    return {
        log: write_to_kafka(
            environment.broker_address(log),
            file,
            without_watches if log == "unwatched" else bytes,
            with_headers=log == "headers",
        )
        for log in sorted(wanted)
    }


def expected_counts_of(contender: Contender, load: Load) -> ExpectedCounts:
    """Return the counts that *contender* must leave in the store."""
    if contender.is_product:
        return TableCounts(load, groups=contender.log != "unwatched")
    return VersionCounts(load) if contender.keeps_versions else PeerCounts(load)
