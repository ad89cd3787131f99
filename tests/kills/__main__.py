"""Kills intake, broker and worker, 20 times for ``make kills``, and reports what was lost."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

from streams.local.kafka_server import unavailable_reason
from tests.kills.campaign import CampaignResult, drawn_kinds, run_campaign
from tests.services import KAFKA_LIBS


def main(argv: Sequence[str]) -> int:
    """Run the campaign; return the exit code: 0 passed, 1 failed, 4 without Kafka."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="number of kills")
    parser.add_argument("--seed", type=int, default=1, help="seed of all random draws")
    options = parser.parse_args(argv)
    if reason := unavailable_reason(KAFKA_LIBS):
        print(reason, file=sys.stderr)
        return 4
    # SIGTERM must also stop the processes that were started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    random, folder = Random(options.seed), Path(tempfile.mkdtemp(prefix="tocsin-kills-"))
    result = run_campaign(folder, drawn_kinds(options.kills, random), random)
    print(report_text(result))
    if result.verdict.errors:
        print(f"Logs and data are in {folder}; seed {options.seed}.")
        return 1
    shutil.rmtree(folder)
    return 0


def report_text(result: CampaignResult) -> str:
    """Return what was killed, answered and compared."""
    kills = ", ".join(f"{kind} {count}" for kind, count in sorted(result.kills.items()))
    answers = ", ".join(f"{status}: {count}" for status, count in sorted(result.answers.items()))
    verdict = result.verdict
    lines = [
        f"kills: {kills} in {result.seconds:.0f} s",
        f"answers: {answers}",
        f"{verdict.acknowledged} lines answered with 202, each at its partition and offset;"
        f" {verdict.in_log} records in the log, {verdict.repeated} of them sent again;"
        f" {verdict.entities} entities folded, each at its highest version",
        *(f"ERROR {each}" for each in verdict.errors[:20]),
        f"{len(verdict.errors)} errors",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
