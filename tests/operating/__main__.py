"""Runs the whole campaign and writes the page: `python -m tests.operating --to FILE`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from tests.operating.campaign import PROCESSES, exceeded_bounds, run_campaign
from tests.operating.report import page
from tests.operating.settings import SETTINGS, TRIALS_SHORT


def main() -> int:
    """Run the campaign; return 1 if an error rate exceeds its bound."""
    parser = argparse.ArgumentParser(prog="python -m tests.operating")
    parser.add_argument("--to", type=Path, help="write the page here instead of printing it")
    parser.add_argument("--trials", type=int, help="at most this many trials of each setting")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    options = parser.parse_args()
    trials_max = options.trials or max(setting.trials for setting in SETTINGS)
    settings = [replace(one, trials=min(one.trials, trials_max)) for one in SETTINGS]
    tallies = run_campaign(settings, options.processes)
    text = page(tallies, short=TRIALS_SHORT)
    if options.to:
        options.to.write_text(text, encoding="utf-8")
    else:
        print(text)
    exceeded = [message for one in settings for message in exceeded_bounds(one, tallies[one.name])]
    print("\n".join(exceeded), file=sys.stderr)
    return int(bool(exceeded))


if __name__ == "__main__":
    sys.exit(main())
