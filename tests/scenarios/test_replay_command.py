"""`tocsin replay` as a user meets it: what a log may be, what is said of it, how it ends."""

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
    """How many lines the accounts of *results* hold."""
    return sum(sum(one["records"].values()) for one in results if one["type"] == "result")


def test_a_log_is_replayed_to_its_end(tmp_path: Path):
    """The alert as it rings, with the line that rang it, then tables, evidence and account."""
    done = run_tocsin("replay", write_log(tmp_path, small_log()))

    assert (done.code, done.stderr) == (0, "")
    assert "WATCH  2020-01-20  clots" in done.stdout and "line 5, edc/ae-A version 1" in done.stdout
    for title in ("Exposure", "Flow of subjects", "Adverse events", "Arms compared", "Watches"):
        assert title in done.stdout
    assert "Records 6 lines: 6 folded" in done.stdout
    assert "HYPOTHETICAL" not in done.stdout


def test_a_signal_can_end_the_command_with_a_code_of_its_own(tmp_path: Path):
    """A nightly job hears the bell without reading the tables, and only if it asks."""
    log = write_log(tmp_path, small_log())

    assert run_tocsin("replay", log).code == 0
    assert is_refused(run_tocsin("replay", log, "--fail-on-signal"), 10, "A watch signalled")


def test_without_a_signal_there_is_no_code_for_it(tmp_path: Path):
    """A watch level is not a signal."""
    assert run_tocsin("replay", write_log(tmp_path, small_log()[:5]), "--fail-on-signal").code == 0


def test_a_broken_line_is_named_and_the_rest_is_replayed(tmp_path: Path):
    """One bad record does not blind the board, and is not silently lost either."""
    lines = [*small_log()[:4], CUT_RECORD, *small_log()[4:]]

    done = run_tocsin("replay", write_log(tmp_path, lines), "--json")

    assert done.code == 0
    assert done.stderr.startswith("line 5: not_json: The record is not JSON at character 37.")
    assert "Send one complete JSON object a record" in done.stderr
    assert done.stderr.endswith("1 record not included.\n")
    assert done.result["records"]["refused"] == 1 and lines_accounted(done.json_lines) == 7
    assert [line["line"] for line in done.json_lines if line["type"] == "alert"] == [6, 7]


def test_the_tables_say_that_a_record_is_missing(tmp_path: Path):
    """Who reads the tables alone must know it too."""
    done = run_tocsin("replay", write_log(tmp_path, [*small_log(), b"[]", b"{}"]))

    assert "2 records not included" in done.stdout and "2 records not included." in done.stderr
    assert "8 lines: 6 folded, 2 refused" in done.stdout


def test_strict_makes_a_record_that_is_not_included_a_failure(tmp_path: Path):
    """The tables are printed all the same: they are what there is."""
    log = write_log(tmp_path, [*small_log(), CUT_RECORD])

    done = run_tocsin("replay", log, "--json", "--strict")

    assert is_refused(done, 3, "tocsin: 1 record not included (--strict).", "line 7: not_json")
    assert lines_accounted(done.json_lines) == 7
    assert run_tocsin("replay", write_log(tmp_path, small_log()), "--strict").code == 0


def test_two_records_of_one_version_that_differ_count_as_not_included(tmp_path: Path):
    """The first is kept; that a second one exists must reach somebody."""
    other = clot_record("B", "2020-02-10", serious=True)

    done = run_tocsin("replay", write_log(tmp_path, [*small_log(), other]), "--json", "--strict")

    assert is_refused(done, 3, "line 7: conflict: An earlier record", "1 record not included")
    assert done.result["records"]["conflict"] == 1 and lines_accounted(done.json_lines) == 7


def test_a_log_that_ends_within_a_line_is_recognised(tmp_path: Path):
    """A copy that was cut off is the commonest damage; it is called by its name."""
    log = write_log(tmp_path, small_log())
    log.write_bytes(log.read_bytes()[:-40])

    done = run_tocsin("replay", log, "--json")

    assert done.code == 0
    assert "line 6: not_json" in done.stderr and "it may be truncated." in done.stderr
    assert lines_accounted(done.json_lines) == done.result["lines"] == 6


def test_a_last_line_without_an_end_is_a_line(tmp_path: Path):
    """Not every editor ends a file with a newline; nothing is missing then."""
    done = run_tocsin("replay", write_log(tmp_path, small_log(), end=b""), "--json")

    assert (done.code, done.stderr, lines_accounted(done.json_lines)) == (0, "", 6)


def test_many_refusals_are_counted_and_not_all_printed(tmp_path: Path):
    """A wrong file must not scroll the reason away."""
    done = run_tocsin("replay", write_log(tmp_path, [*small_log(), *[CUT_RECORD] * 30]), "--json")

    assert done.stderr.count("not_json") == 20
    assert "... and 10 more." in done.stderr and "30 records not included." in done.stderr
    assert lines_accounted(done.json_lines) == 36


def test_a_file_that_is_not_there_is_a_mistake_of_use(tmp_path: Path):
    """The message names the file and the reason."""
    assert is_refused(
        run_tocsin("replay", tmp_path / "none"), 2, "none cannot be read: No such file"
    )
    assert is_refused(run_tocsin("replay", tmp_path), 2, "cannot be read: Is a directory")


@pytest.mark.parametrize(
    "words", [["--nope"], ["log", "--terms", "x"], ["log", "--strict=x"], ["a", "b"], []]
)
def test_a_flag_that_does_not_exist_is_a_mistake_of_use(words: list[str]):
    """A misspelt flag must not replay as if it had not been there."""
    done = run_tocsin("replay", *words)

    assert is_refused(done, 2) and done.stderr and not done.stdout
