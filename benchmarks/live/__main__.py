"""`make bench-live`: the product beside its peers on a real Kafka and a real Redis.

`python -m benchmarks.live [contender ...]` runs the race, `... latency` tells the time from
Kafka to Redis, `... alerting` that from Kafka to an Alertmanager, `... rebuild` refolds a wiped
Redis.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from benchmarks.live.alerting import alerting
from benchmarks.live.contender import CONTENDERS
from benchmarks.live.ground import Ground, ground
from benchmarks.live.latency import latency
from benchmarks.live.load import TRIALS
from benchmarks.live.race import race
from benchmarks.live.rebuild import rebuild
from benchmarks.live.report import keep, made, race_table
from benchmarks.report import Table
from streams.local.process import ServiceFailed

NAMES = {contender.name: contender for contender in CONTENDERS}
RATE, ALERTING_RATE = 2_000, 500


def main() -> None:
    """Measure what was asked for, print it, and keep it where that was asked for."""
    asked = arguments()
    opening = made(sys.argv[1:])
    try:
        with ground() as here:
            part = measurement(asked)(here) + opening
    except ServiceFailed as failure:
        sys.exit(str(failure))
    print(part)
    if asked.keep:
        keep(part)


def measurement(asked: argparse.Namespace) -> Callable[[Ground], Table]:
    """The measurement that was asked for."""
    if asked.what == ["latency"]:
        return lambda here: latency(here, RATE, asked.seconds or 60, asked.rounds or 3)
    if asked.what == ["alerting"]:
        return lambda here: alerting(here, ALERTING_RATE, asked.seconds or 30)
    if asked.what == ["rebuild"]:
        return lambda here: rebuild(here, asked.reports or 1_000_000, asked.trials)
    contenders = [NAMES[name] for name in asked.what] or list(CONTENDERS)
    reports = asked.reports or 100_000
    return lambda here: race_table(
        contenders, race(here, contenders, reports, asked.rounds or 5), reports
    )


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description=__doc__)
    what = f"latency, alerting, rebuild, or contenders of {', '.join(NAMES)}: all if none is named"
    parser.add_argument("what", nargs="*", help=what)
    parser.add_argument("--reports", type=int, help="how large the log is: 100,000, or 1,000,000")
    parser.add_argument("--trials", type=int, default=TRIALS, help="of how many, in a rebuild")
    parser.add_argument("--rounds", type=int, help="how often each runs: 5, latency: 3")
    parser.add_argument(
        "--seconds", type=int, help="how long latency is measured: 60, alerting: 30"
    )
    parser.add_argument("--keep", action="store_true", help="put it into benchmarks/LIVE.md")
    asked = parser.parse_args()
    if (
        asked.what not in (["latency"], ["alerting"], ["rebuild"])
        and not set(asked.what) <= NAMES.keys()
    ):
        parser.error(f"no such contender: {', '.join(sorted(set(asked.what) - NAMES.keys()))}")
    return asked


if __name__ == "__main__":
    main()
