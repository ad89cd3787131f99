"""`tocsin replay` on what is no log at all: each a clear message, and no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.commands import (
    is_refused,
    plan_record,
    run_tocsin,
    small_log,
    treatment_record,
    write_log,
)


@pytest.mark.parametrize("raw", [b"", b"\n"], ids=["nothing", "one empty line"])
def test_an_empty_log_says_so(tmp_path: Path, raw: bytes):
    """Nothing to replay is not the same as nothing found."""
    log = tmp_path / "empty.jsonl"
    log.write_bytes(raw)

    assert is_refused(run_tocsin("replay", log), 3, "plan")


def test_a_log_without_a_plan_says_what_it_lacks(tmp_path: Path):
    """Before the plan nothing is monitored; every record says so."""
    done = run_tocsin("replay", write_log(tmp_path, small_log()[1:]), "--json")

    says = "opened no study: its first record must be a `plan`."
    assert is_refused(done, 3, says, "line 1: no_plan", "5 records not included.")
    assert done.stdout == ""


def test_a_log_with_an_inconsistent_plan_says_what_to_mend(tmp_path: Path):
    """The plan's own complaint, with its line and remedy, reaches whoever replays the log."""
    done = run_tocsin("replay", write_log(tmp_path, [plan_record(rate=-1), treatment_record("A")]))

    assert is_refused(done, 3, "line 1: bad_plan", "line 18: watches[1].rate", "tocsin check PLAN")


def test_a_binary_file_is_no_log(tmp_path: Path):
    """A spreadsheet given by mistake neither crashes nor garbles the terminal."""
    log = tmp_path / "log.xlsx"
    log.write_bytes(bytes(range(256)) * 64)

    done = run_tocsin("replay", log)

    assert is_refused(done, 3, "65 records not included", "opened no study")
    assert all(character.isprintable() or character == "\n" for character in done.stderr)
