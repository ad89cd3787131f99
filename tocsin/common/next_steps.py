"""Prints the next command on stderr, as it can be typed."""

from __future__ import annotations

import shlex
import sys


def next_step(*words: str) -> None:
    """Print the command of *words* as what to do next, quoted for a shell."""
    print(f"next: {shlex.join(words)}", file=sys.stderr)
