"""Tests `tocsin replay` on files that are not a log: a clear message and no traceback."""

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
def test_an_empty_log_is_refused(tmp_path: Path, raw: bytes):
    """An empty log differs from a log without alerts; its exit code is 3."""
    log = tmp_path / "empty.jsonl"
    log.write_bytes(raw)

    assert is_refused(run_tocsin("replay", log), 3, "plan")


def test_a_log_without_a_plan_is_refused_with_the_remedy(tmp_path: Path):
    """Without a plan no study is opened, and every record is refused."""
    run = run_tocsin("replay", write_log(tmp_path, small_log()[1:]), "--json")

    message = "opened no study: its first record must be a `plan`."
    assert is_refused(run, 3, message, "line 1: no_plan", "5 records not included.")
    assert run.stdout == ""


def test_a_log_with_an_inconsistent_plan_is_refused_with_the_remedy(tmp_path: Path):
    """The message of the plan reader is given, with line and remedy."""
    run = run_tocsin("replay", write_log(tmp_path, [plan_record(rate=-1), treatment_record("A")]))

    assert is_refused(run, 3, "line 1: bad_plan", "line 18: watches[1].rate", "tocsin check PLAN")


def test_a_binary_file_is_not_a_log(tmp_path: Path):
    """A spreadsheet given by mistake neither crashes the command nor garbles the terminal."""
    log = tmp_path / "log.xlsx"
    log.write_bytes(bytes(range(256)) * 64)

    run = run_tocsin("replay", log)

    assert is_refused(run, 3, "65 records not included", "opened no study")
    assert all(character.isprintable() or character == "\n" for character in run.stderr)
