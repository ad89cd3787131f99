"""Tests `tocsin tables` on a file; tests/contract has the live store."""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.commands import is_refused, run_tocsin, small_log, write_log


def test_the_tables_are_those_of_a_replay(tmp_path: Path):
    """Rows, comparisons and exposure are equal."""
    log = write_log(tmp_path, small_log())
    tables = run_tocsin("tables", "S", "--log", log, "--json").result
    replayed = run_tocsin("replay", log, "--json").result
    shown = run_tocsin("tables", "S", "--log", log).stdout

    assert tables == {name: replayed[name] for name in tables} and len(tables["tables"]) > 3
    assert "Exposure" in shown and "Adverse events by treatment" in shown and "drug" in shown


def test_an_unknown_study_is_said(tmp_path: Path):
    """The message names the studies that the file has."""
    log = write_log(tmp_path, small_log())

    assert is_refused(run_tocsin("tables", "X", "--log", log), 3, "has no study X: it has S")
