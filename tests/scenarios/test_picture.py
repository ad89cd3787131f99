"""The picture on the README's first screen."""

from __future__ import annotations

from pathlib import Path

from tests.paths import ROOT
from tests.scenarios.commands import run_tocsin

COMMAND = "COLUMNS=118 tocsin replay studies/proderm/log.jsonl --terms 3 --svg docs/replay.svg"


def test_it_is_what_replay_prints_today(tmp_path: Path):
    """Byte for byte, by the command that docs/replay.md names."""
    log, picture = ROOT / "studies/proderm/log.jsonl", tmp_path / "replay.svg"

    done = run_tocsin("replay", log, "--terms", "3", "--svg", picture, columns=118)

    assert done.code == 0, done.stderr
    assert COMMAND in (ROOT / "docs/replay.md").read_text()
    assert picture.read_bytes() == (ROOT / "docs/replay.svg").read_bytes(), f"now: {COMMAND}"
