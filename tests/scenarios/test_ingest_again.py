"""The second `tocsin ingest` of a study: what it writes, and what it says to do with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.paths import shared
from tests.scenarios.commands import CommandResult, is_refused, run_tocsin
from tests.streams.sources.sdtm.sdtm_folder import AE, write_sdtm


def ingest(folder: Path, to: Path, *flags: str | Path) -> CommandResult:
    """Run `tocsin ingest sdtm`."""
    return run_tocsin("ingest", "sdtm", folder, "--study", "S", "--to", to, *flags)


@pytest.fixture(name="log")
def _log(tmp_path: Path) -> Path:
    """Return the log of a first ingest, in a folder of its own."""
    (tmp_path / "logs").mkdir()
    log = tmp_path / "logs" / "log.jsonl"
    assert ingest(write_sdtm(tmp_path), log).code == 0
    return log


@pytest.mark.parametrize("name", ["log.jsonl", "symbolic", "hard"])
def test_the_changes_never_replace_the_log(name: str, log: Path, tmp_path: Path):
    """Whichever name --to gives to it."""
    before, to = log.read_bytes(), log.parent / name
    if name == "symbolic":
        to.symlink_to(log)
    elif name == "hard":
        os.link(log, to)
    run = ingest(tmp_path, to, "--previous", log)

    assert is_refused(run, 2, "is the log of --previous", "give --to a new file")
    assert log.read_bytes() == before


def test_the_next_step_after_changes_works(log: Path, tmp_path: Path):
    """They are appended to the log, which is valid as a whole."""
    changes = log.parent / "changes.jsonl"
    write_sdtm(tmp_path, ae=[{**AE, "AESER": "Y"}])
    run = ingest(tmp_path, changes, "--previous", log)

    assert run.code == 0
    assert f"next: cat {changes} >> {log}\n" in run.stderr
    assert f"next: tocsin validate {log}\n" in run.stderr
    assert f"tocsin produce {changes}" in run.stderr
    assert f"validate {changes}" not in run.stderr
    log.write_bytes(log.read_bytes() + changes.read_bytes())
    assert run_tocsin("validate", log).code == 0
    again = ingest(tmp_path, log.parent / "none.jsonl", "--previous", log)
    assert "nothing changed" in again.stderr and "next:" not in again.stderr


def test_what_is_no_log_is_called_what_it_is(log: Path, tmp_path: Path):
    """A transport file as --previous; nothing is written."""
    wrong = shared("data", "cdiscpilot01", "raw_xpt") / "ae.xpt"
    run = ingest(tmp_path, log.parent / "changes.jsonl", "--previous", wrong)

    assert is_refused(run, 3, "ae.xpt", "this is a SAS transport file")
    assert not (log.parent / "changes.jsonl").exists()


def test_a_line_of_the_earlier_log_that_is_no_record_is_named(log: Path, tmp_path: Path):
    """With its number and the remedy."""
    wrong = log.parent / "wrong.jsonl"
    wrong.write_text("[1]\n")
    run = ingest(tmp_path, log.parent / "changes.jsonl", "--previous", wrong)

    assert is_refused(run, 3, "line 1: not_an_object", "Give the log that an earlier ingest")
