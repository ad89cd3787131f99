"""Runs Tocsin's commands as a person does: a process, its output, its exit code."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.paths import ROOT


def tocsin(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command with *words*, under the TOCSIN_ *settings* and no others."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    return subprocess.run(
        [sys.executable, "-m", "tocsin", *words],
        env={**clean, **{f"TOCSIN_{name}": value for name, value in settings.items()}},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
