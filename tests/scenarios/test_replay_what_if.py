"""`tocsin replay` on another plan, up to another day, or over several studies at once."""

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
    """The replay of *lines* for programs."""
    done = run_tocsin("replay", write_log(folder, lines), "--json", *flags)
    assert done.code == 0, done
    return done


def test_another_plan_marks_everything_hypothetical(tmp_path: Path):
    """What a plan would have said after the fact is not evidence, and can never pass for it."""
    other = tmp_path / "other.toml"
    other.write_text(plan_toml(rate=50.0))

    as_planned, what_if = (
        replay_json(tmp_path, small_log(), *flags) for flags in ([], ["--plan", other])
    )

    assert {line["hypothetical"] for line in as_planned.json_lines} == {False}
    assert {line["hypothetical"] for line in what_if.json_lines} == {True}
    assert what_if.result["plan_sha256"] != as_planned.result["plan_sha256"]
    assert what_if.result["watches"][0]["e_value"] < as_planned.result["watches"][0]["e_value"]
    assert sum(what_if.result["records"].values()) == 6


def test_another_plan_marks_the_tables_and_each_alert(tmp_path: Path):
    """A page torn out of the middle still says it."""
    other = tmp_path / "other.toml"
    other.write_text(plan_toml(rate=0.5))

    out = run_tocsin("replay", write_log(tmp_path, small_log()), "--plan", other).stdout

    alerts = [line for line in out.splitlines() if "E = " in line]
    assert alerts and all(line.startswith("HYPOTHETICAL") for line in alerts)
    for word in ("HYPOTHETICAL: the plan", "sha256", "digest"):
        assert any(word in line and "hypothetical" in line.lower() for line in out.splitlines())


def test_another_plan_opens_a_log_that_has_none(tmp_path: Path):
    """Data from before there was a monitor can be looked at under any plan."""
    other = tmp_path / "other.toml"
    other.write_text(plan_toml())

    done = replay_json(tmp_path, small_log()[1:], "--plan", other)

    assert sum(done.result["records"].values()) == done.result["lines"] == 5


def test_an_inconsistent_plan_ends_the_command_before_the_log_is_read(tmp_path: Path):
    """Line and remedy, as `tocsin check` gives them."""
    other = tmp_path / "other.toml"
    other.write_text(plan_toml().replace("share = 1", "share = 2"))

    done = run_tocsin("replay", tmp_path / "no.jsonl", "--plan", other)

    assert is_refused(done, 2, "other.toml, line 20: watches[1].share: 2 is out of range", "to 1.")


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "No such file"), (b"\xff", "not UTF-8 text"), (b"study", "line 1: not TOML")],
)
def test_a_plan_that_cannot_be_read_is_a_mistake_of_use(
    tmp_path: Path, content: bytes | None, says: str
):
    """It is named, with what is wrong with it."""
    other = tmp_path / "other.toml"
    if content is not None:
        other.write_bytes(content)

    assert is_refused(
        run_tocsin("replay", tmp_path / "log", "--plan", other), 2, "other.toml", says
    )


def test_a_plan_of_another_study_says_so(tmp_path: Path):
    """Otherwise every record would be refused for a reason that misleads."""
    other = tmp_path / "other.toml"
    other.write_text(plan_toml("T"))

    done = run_tocsin("replay", write_log(tmp_path, small_log()), "--plan", other)

    assert is_refused(done, 3, "no record of study T")


@pytest.mark.parametrize("flag", ["--as-of", "--onset-until"])
@pytest.mark.parametrize("day", ["yesterday", "2020-02-30", "20200210", "2020-02", "2020-W07-1"])
def test_a_day_that_is_none_is_a_mistake_of_use(flag: str, day: str):
    """The flag and the form it wants are named."""
    assert is_refused(
        run_tocsin("replay", "log", flag, day), 2, f"{flag} {day}: give a day as YYYY-MM-DD"
    )


def test_as_of_leaves_out_what_was_not_known(tmp_path: Path):
    """The state of that evening, and an account of what came later."""
    done = replay_json(tmp_path, small_log(), "--as-of", "2020-01-31")

    assert (done.result["as_of"], done.result["watches"][0]["events"]) == ("2020-01-31", 1)
    assert done.result["records"]["cut"] == 1 and sum(done.result["records"].values()) == 6


def test_onset_until_leaves_out_what_began_later(tmp_path: Path):
    """By event time instead of by arrival."""
    done = replay_json(tmp_path, small_log(), "--onset-until", "2020-01-31")

    assert (done.result["as_of"], done.result["watches"][0]["events"]) == ("2020-01-31", 1)
    assert sum(done.result["records"].values()) == 6


def test_a_day_before_everything_leaves_nothing_to_show(tmp_path: Path):
    """The remedy is another day, not another log."""
    done = run_tocsin("replay", write_log(tmp_path, small_log()), "--as-of", "2019-12-31")

    assert is_refused(done, 3, "no record known by 2019-12-31")


def test_each_study_of_a_log_has_its_own_result(tmp_path: Path):
    """One line each, by name, every record in the account of its study."""
    done = replay_json(
        tmp_path, [*small_log("T"), *small_log("S"), clot_record("A", "2020-01-20", study="S")]
    )

    results = [line for line in done.json_lines if line["type"] == "result"]
    assert [one["study"] for one in results] == ["S", "T"]
    assert [sum(one["records"].values()) for one in results] == [7, 6]
    assert {one["lines"] for one in results} == {13} and done.stderr == ""


def test_a_line_that_names_no_study_is_accounted_for_beside_them(tmp_path: Path):
    """With several studies nobody can say whose it was; it is still counted."""
    lines = [*small_log("T"), plan_record("S"), UNREADABLE, UNREADABLE]

    done = replay_json(tmp_path, lines)

    results = [line for line in done.json_lines if line["type"] == "result"]
    assert sum(sum(one["records"].values()) for one in results) == 7
    assert "2 of 9 lines are in no study's record counts" in done.stderr
