"""`make bench-live`: the product beside its peers on a real Kafka and a real Redis.

`python -m benchmarks.live [contender ...]` compares throughput, `... latency` measures the time
from Kafka to Redis, `... alerting` the time from Kafka to an Alertmanager, `... rebuild` the time
to fold the log again into an emptied Redis, `... memory` whether a worker grows, `... board` the
pages of `tocsin board` beside a worker, `... intake` the time from a request to its 202.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.live.alerting import measure_alerting
from benchmarks.live.board import measure_board
from benchmarks.live.contender import CONTENDERS
from benchmarks.live.environment import BenchmarkEnvironment, open_environment
from benchmarks.live.intake import measure_intake
from benchmarks.live.latency import measure_latency
from benchmarks.live.load import TRIALS
from benchmarks.live.memory import measure_memory
from benchmarks.live.race import compare_contenders
from benchmarks.live.rebuild import measure_rebuild
from benchmarks.live.report import comparison_table, provenance_text, save_section
from benchmarks.report import Table
from streams.local.process import ServiceFailed

CONTENDERS_BY_NAME = {contender.name: contender for contender in CONTENDERS}
RATE, ALERTING_RATE, FOLLOW_UP_RATE, INTAKE_RATE = 2_000, 500, 500, 500
NOT_CONTENDERS = (["latency"], ["alerting"], ["rebuild"], ["memory"], ["board"], ["intake"])


def main() -> None:
    """Run the selected measurement, print its section, and write it to LIVE.md with --keep."""
    options = parse_arguments()
    provenance = provenance_text(sys.argv[1:])
    try:
        with open_environment() as environment:
            section = select_measurement(options)(environment) + provenance
    except ServiceFailed as failure:
        sys.exit(str(failure))
    print(section)
    if options.keep:
        save_section(section)


def select_measurement(options: argparse.Namespace) -> Callable[[BenchmarkEnvironment], Table]:
    """Return the measurement that the options select."""
    if options.what == ["latency"]:
        return lambda environment: measure_latency(
            environment, RATE, options.seconds or 60, options.rounds or 3, options.base
        )
    if options.what == ["alerting"]:
        return lambda environment: measure_alerting(
            environment, ALERTING_RATE, options.seconds or 30
        )
    if options.what == ["board"]:
        return lambda environment: measure_board(
            environment, options.rate or RATE, options.seconds or 60
        )
    if options.what == ["intake"]:
        return lambda environment: measure_intake(
            environment, options.rate or INTAKE_RATE, options.seconds or 60
        )
    if options.what == ["memory"]:
        return lambda environment: measure_memory(
            environment, options.rate or FOLLOW_UP_RATE, (options.seconds or 1_800) / 60
        )
    if options.what == ["rebuild"]:
        return lambda environment: measure_rebuild(
            environment, options.reports or 1_000_000, options.trials
        )
    contenders = [CONTENDERS_BY_NAME[name] for name in options.what] or list(CONTENDERS)
    reports = options.reports or 100_000
    return lambda environment: comparison_table(
        contenders,
        compare_contenders(environment, contenders, reports, options.rounds or 5),
        reports,
    )


def parse_arguments() -> argparse.Namespace:
    """Parse the command line; an unknown contender is a usage error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description=__doc__)
    what = (
        f"latency, alerting, rebuild, memory, board, intake, or contenders of "
        f"{', '.join(CONTENDERS_BY_NAME)}; all contenders if none is named"
    )
    parser.add_argument("what", nargs="*", help=what)
    parser.add_argument("--reports", type=int, help="size of the log: 100,000; rebuild: 1,000,000")
    parser.add_argument("--trials", type=int, default=TRIALS, help="number of trials in a rebuild")
    parser.add_argument("--rounds", type=int, help="runs of each contender: 5; latency: 3")
    parser.add_argument(
        "--seconds", type=int, help="latency, board, intake: 60; alerting: 30; memory: 1,800"
    )
    parser.add_argument(
        "--base", type=Path, help="latency: a checkout whose worker runs in turn with this one"
    )
    parser.add_argument(
        "--rate", type=int, help="records a second of memory, intake: 500; board: 2,000"
    )
    parser.add_argument("--keep", action="store_true", help="write the section to LIVE.md")
    options = parser.parse_args()
    if options.what not in NOT_CONTENDERS and not set(options.what) <= CONTENDERS_BY_NAME.keys():
        parser.error(
            f"no such contender: {', '.join(sorted(set(options.what) - CONTENDERS_BY_NAME.keys()))}"
        )
    return options


if __name__ == "__main__":
    main()
