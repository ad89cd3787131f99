"""Runs Tocsin's commands as processes, for their output and exit code."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.paths import ROOT


def tocsin(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `tocsin` with *arguments* and only these TOCSIN_ *settings*."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")
    }
    return subprocess.run(
        [sys.executable, "-m", "tocsin", *arguments],
        env={**environment, **{f"TOCSIN_{name}": value for name, value in settings.items()}},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
