"""Runs the follower: ``python -m board.follower FOLDER``, with the settings of the environment."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from board.follower.run import FollowerRunning, run_follower
from streams.settings import SettingsError, read_settings

USAGE_EXIT = 2


def main(arguments: list[str]) -> int:
    """Run the follower, and return the exit code."""
    logging.basicConfig(level=logging.CRITICAL, format="%(name)s: %(message)s")
    logging.getLogger("tocsin").setLevel(logging.WARNING)
    if len(arguments) != 1:
        print("usage: python -m board.follower FOLDER", file=sys.stderr)
        return USAGE_EXIT
    try:
        run_follower(read_settings(), Path(arguments[0]))
    except (SettingsError, FollowerRunning) as error:
        print(f"tocsin: {error}", file=sys.stderr)
        return USAGE_EXIT
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
