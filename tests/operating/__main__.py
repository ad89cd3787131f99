"""Draws the whole campaign and writes the page: `python -m tests.operating --to FILE`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from tests.operating.campaign import PROCESSES, broken_promises, run_campaign
from tests.operating.report import page
from tests.operating.settings import SETTINGS, TRIALS_SHORT


def main() -> int:
    """Run what the command line asks for; 1 if a promise is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.operating")
    parser.add_argument("--to", type=Path, help="write the page here instead of printing it")
    parser.add_argument("--trials", type=int, help="at most so many trials a setting")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    options = parser.parse_args()
    most = options.trials or max(setting.trials for setting in SETTINGS)
    settings = [replace(one, trials=min(one.trials, most)) for one in SETTINGS]
    tallies = run_campaign(settings, options.processes)
    text = page(tallies, short=TRIALS_SHORT)
    if options.to:
        options.to.write_text(text, encoding="utf-8")
    else:
        print(text)
    faults = [fault for one in settings for fault in broken_promises(one, tallies[one.name])]
    print("\n".join(faults), file=sys.stderr)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
