"""Tests `tocsin replay` under another plan, up to a given day, and over several studies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.scenarios.commands import (
    CommandResult,
    JsonObject,
    clot_record,
    is_refused,
    plan_record,
    plan_toml,
    run_tocsin,
    small_log,
    write_log,
)

UNREADABLE = b"not a record"


def replay_json(
    folder: Path, lines: Sequence[JsonObject | bytes], *flags: str | Path
) -> CommandResult:
    """Replay *lines* with JSON output."""
    run = run_tocsin("replay", write_log(folder, lines), "--json", *flags)
    assert run.code == 0, run
    return run


def test_another_plan_marks_everything_hypothetical(tmp_path: Path):
    """Results of a plan chosen after the fact are not evidence, so every line is marked."""
    other_plan = tmp_path / "other.toml"
    other_plan.write_text(plan_toml(rate=50.0))

    as_planned, hypothetical = (
        replay_json(tmp_path, small_log(), *flags) for flags in ([], ["--plan", other_plan])
    )

    assert {line["hypothetical"] for line in as_planned.json_lines} == {False}
    assert {line["hypothetical"] for line in hypothetical.json_lines} == {True}
    assert hypothetical.result["plan_sha256"] != as_planned.result["plan_sha256"]
    assert hypothetical.result["watches"][0]["e_value"] < as_planned.result["watches"][0]["e_value"]
    assert sum(hypothetical.result["records"].values()) == 6


def test_another_plan_marks_the_tables_and_each_alert(tmp_path: Path):
    """Each part of the output is marked, so that an excerpt is marked too."""
    other_plan = tmp_path / "other.toml"
    other_plan.write_text(plan_toml(rate=0.5))

    output = run_tocsin("replay", write_log(tmp_path, small_log()), "--plan", other_plan).stdout

    alerts = [line for line in output.splitlines() if "E = " in line]
    assert alerts and all(line.startswith("HYPOTHETICAL") for line in alerts)
    for text in ("HYPOTHETICAL: the plan", "sha256", "digest"):
        assert any(text in line and "hypothetical" in line.lower() for line in output.splitlines())


def test_another_plan_opens_a_log_without_a_plan(tmp_path: Path):
    """Data collected before the monitor existed can be replayed under any plan."""
    other_plan = tmp_path / "other.toml"
    other_plan.write_text(plan_toml())

    run = replay_json(tmp_path, small_log()[1:], "--plan", other_plan)

    assert sum(run.result["records"].values()) == run.result["lines"] == 5


def test_an_inconsistent_plan_ends_the_command_before_the_log_is_read(tmp_path: Path):
    """The message has the line and the remedy that `tocsin check` gives."""
    other_plan = tmp_path / "other.toml"
    other_plan.write_text(plan_toml().replace("share = 1", "share = 2"))

    run = run_tocsin("replay", tmp_path / "no.jsonl", "--plan", other_plan)

    assert is_refused(run, 2, "other.toml, line 20: watches[1].share: 2 is out of range", "to 1.")


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "No such file"), (b"\xff", "not UTF-8 text"), (b"study", "line 1: not TOML")],
)
def test_a_plan_that_cannot_be_read_is_a_usage_error(
    tmp_path: Path, content: bytes | None, message: str
):
    """The message names the file and the reason."""
    other_plan = tmp_path / "other.toml"
    if content is not None:
        other_plan.write_bytes(content)

    assert is_refused(
        run_tocsin("replay", tmp_path / "log", "--plan", other_plan), 2, "other.toml", message
    )


def test_a_plan_of_another_study_is_refused(tmp_path: Path):
    """One message names the study; otherwise every record would be refused for another reason."""
    other_plan = tmp_path / "other.toml"
    other_plan.write_text(plan_toml("T"))

    run = run_tocsin("replay", write_log(tmp_path, small_log()), "--plan", other_plan)

    assert is_refused(run, 3, "no record of study T")


@pytest.mark.parametrize("flag", ["--as-of", "--onset-until"])
@pytest.mark.parametrize("day", ["yesterday", "2020-02-30", "20200210", "2020-02", "2020-W07-1"])
def test_an_invalid_day_is_a_usage_error(flag: str, day: str):
    """The message names the flag and the form of a day."""
    assert is_refused(
        run_tocsin("replay", "log", flag, day), 2, f"{flag} {day}: give a day as YYYY-MM-DD"
    )


def test_as_of_leaves_out_records_known_later(tmp_path: Path):
    """The result is that of the end of the day, and later records are counted as cut."""
    run = replay_json(tmp_path, small_log(), "--as-of", "2020-01-31")

    assert (run.result["as_of"], run.result["watches"][0]["events"]) == ("2020-01-31", 1)
    assert run.result["records"]["cut"] == 1 and sum(run.result["records"].values()) == 6


def test_onset_until_leaves_out_events_with_later_onset(tmp_path: Path):
    """The log is cut by event time instead of arrival time."""
    run = replay_json(tmp_path, small_log(), "--onset-until", "2020-01-31")

    assert (run.result["as_of"], run.result["watches"][0]["events"]) == ("2020-01-31", 1)
    assert sum(run.result["records"].values()) == 6


def test_a_day_before_the_first_record_is_refused(tmp_path: Path):
    """The message names the day, since another day is the remedy."""
    run = run_tocsin("replay", write_log(tmp_path, small_log()), "--as-of", "2019-12-31")

    assert is_refused(run, 3, "no record known by 2019-12-31")


def test_each_study_of_a_log_has_its_own_result(tmp_path: Path):
    """There is one result line per study, by name, with the record counts of that study."""
    run = replay_json(
        tmp_path, [*small_log("T"), *small_log("S"), clot_record("A", "2020-01-20", study="S")]
    )

    results = [line for line in run.json_lines if line["type"] == "result"]
    assert [one["study"] for one in results] == ["S", "T"]
    assert [sum(one["records"].values()) for one in results] == [7, 6]
    assert {one["lines"] for one in results} == {13} and run.stderr == ""


def test_lines_without_a_study_are_counted_separately(tmp_path: Path):
    """With several studies such a line belongs to none of them; a message gives the number."""
    lines = [*small_log("T"), plan_record("S"), UNREADABLE, UNREADABLE]

    run = replay_json(tmp_path, lines)

    results = [line for line in run.json_lines if line["type"] == "result"]
    assert sum(sum(one["records"].values()) for one in results) == 7
    assert "2 of 9 lines are in no study's record counts" in run.stderr
