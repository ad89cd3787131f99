"""Tests the picture at the top of the README."""

from __future__ import annotations

from pathlib import Path

from tests.paths import ROOT
from tests.scenarios.commands import run_tocsin

COMMAND = "COLUMNS=118 tocsin replay studies/proderm/log.jsonl --terms 3 --svg docs/replay.svg"


def test_the_picture_is_what_replay_prints(tmp_path: Path):
    """The command that docs/replay.md names draws it byte for byte."""
    log, picture = ROOT / "studies/proderm/log.jsonl", tmp_path / "replay.svg"

    run = run_tocsin("replay", log, "--terms", "3", "--svg", picture, columns=118)

    assert run.code == 0, run.stderr
    assert COMMAND in (ROOT / "docs/replay.md").read_text()
    assert picture.read_bytes() == (ROOT / "docs/replay.svg").read_bytes(), f"redraw it: {COMMAND}"
