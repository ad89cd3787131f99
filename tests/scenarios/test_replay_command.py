"""Tests `tocsin replay` on complete and damaged logs: output, messages and exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.commands import (
    JsonObject,
    clot_record,
    is_refused,
    run_tocsin,
    small_log,
    write_log,
)

CUT_RECORD = b'{"schema":"trial.log/1","type":"tick"'


def lines_accounted(results: list[JsonObject]) -> int:
    """Return the number of lines in the record counts of *results*."""
    return sum(sum(one["records"].values()) for one in results if one["type"] == "result")


def test_a_log_is_replayed_to_its_end(tmp_path: Path):
    """It prints each alert with the line that raised it, then tables, evidence and counts."""
    run = run_tocsin("replay", write_log(tmp_path, small_log()))

    assert (run.code, run.stderr) == (0, "")
    assert "WATCH  2020-01-20  clots" in run.stdout and "line 5, edc/ae-A version 1" in run.stdout
    for title in ("Exposure", "Flow of subjects", "Adverse events", "Arms compared", "Watches"):
        assert title in run.stdout
    assert "Records 6 lines: 6 folded" in run.stdout
    assert "HYPOTHETICAL" not in run.stdout


def test_a_signal_has_an_exit_code_of_its_own_on_request(tmp_path: Path):
    """With `--fail-on-signal`, a nightly job detects a signal without reading the tables."""
    log = write_log(tmp_path, small_log())

    assert run_tocsin("replay", log).code == 0
    assert is_refused(run_tocsin("replay", log, "--fail-on-signal"), 10, "A watch signalled")


def test_without_a_signal_the_exit_code_is_0(tmp_path: Path):
    """An alert of level watch is not a signal."""
    assert run_tocsin("replay", write_log(tmp_path, small_log()[:5]), "--fail-on-signal").code == 0


def test_a_broken_line_is_named_and_the_rest_is_replayed(tmp_path: Path):
    """One unreadable record does not stop the replay, and it is reported."""
    lines = [*small_log()[:4], CUT_RECORD, *small_log()[4:]]

    run = run_tocsin("replay", write_log(tmp_path, lines), "--json")

    assert run.code == 0
    assert run.stderr.startswith("line 5: not_json: The record is not JSON at character 37.")
    assert "Send one complete JSON object a record" in run.stderr
    assert run.stderr.endswith("1 record not included.\n")
    assert run.result["records"]["refused"] == 1 and lines_accounted(run.json_lines) == 7
    assert [line["line"] for line in run.json_lines if line["type"] == "alert"] == [6, 7]


def test_the_tables_show_that_records_are_missing(tmp_path: Path):
    """The number is on stdout too, for a reader of the tables alone."""
    run = run_tocsin("replay", write_log(tmp_path, [*small_log(), b"[]", b"{}"]))

    assert "2 records not included" in run.stdout and "2 records not included." in run.stderr
    assert "8 lines: 6 folded, 2 refused" in run.stdout


def test_strict_makes_a_record_that_is_not_included_a_failure(tmp_path: Path):
    """The tables of the included records are printed all the same."""
    log = write_log(tmp_path, [*small_log(), CUT_RECORD])

    run = run_tocsin("replay", log, "--json", "--strict")

    assert is_refused(run, 3, "tocsin: 1 record not included (--strict).", "line 7: not_json")
    assert lines_accounted(run.json_lines) == 7
    assert run_tocsin("replay", write_log(tmp_path, small_log()), "--strict").code == 0


def test_two_records_of_one_version_that_differ_count_as_not_included(tmp_path: Path):
    """The first is kept, and the second is reported as a conflict."""
    conflicting = clot_record("B", "2020-02-10", serious=True)

    run = run_tocsin(
        "replay", write_log(tmp_path, [*small_log(), conflicting]), "--json", "--strict"
    )

    assert is_refused(run, 3, "line 7: conflict: An earlier record", "1 record not included")
    assert run.result["records"]["conflict"] == 1 and lines_accounted(run.json_lines) == 7


def test_a_log_that_ends_within_a_line_is_recognised(tmp_path: Path):
    """The message states that the log may be truncated, which is the most common damage."""
    log = write_log(tmp_path, small_log())
    log.write_bytes(log.read_bytes()[:-40])

    run = run_tocsin("replay", log, "--json")

    assert run.code == 0
    assert "line 6: not_json" in run.stderr and "it may be truncated." in run.stderr
    assert lines_accounted(run.json_lines) == run.result["lines"] == 6


def test_a_last_line_without_an_end_is_a_line(tmp_path: Path):
    """Some editors do not end a file with a newline, and no record is missing then."""
    run = run_tocsin("replay", write_log(tmp_path, small_log(), end=b""), "--json")

    assert (run.code, run.stderr, lines_accounted(run.json_lines)) == (0, "", 6)


def test_many_refusals_are_counted_and_not_all_printed(tmp_path: Path):
    """A file that is not a log must not fill the screen with one message per line."""
    run = run_tocsin("replay", write_log(tmp_path, [*small_log(), *[CUT_RECORD] * 30]), "--json")

    assert run.stderr.count("not_json") == 20
    assert "... and 10 more." in run.stderr and "30 records not included." in run.stderr
    assert lines_accounted(run.json_lines) == 36


def test_a_missing_file_is_a_usage_error(tmp_path: Path):
    """The message names the file and the reason."""
    assert is_refused(
        run_tocsin("replay", tmp_path / "none"), 2, "none cannot be read: No such file"
    )
    assert is_refused(run_tocsin("replay", tmp_path), 2, "cannot be read: Is a directory")


@pytest.mark.parametrize(
    "arguments", [["--nope"], ["log", "--terms", "x"], ["log", "--strict=x"], ["a", "b"], []]
)
def test_an_unknown_flag_is_a_usage_error(arguments: list[str]):
    """A misspelt flag must not be ignored."""
    run = run_tocsin("replay", *arguments)

    assert is_refused(run, 2) and run.stderr and not run.stdout
