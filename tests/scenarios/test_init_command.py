"""Tests `tocsin init`: the plan, the sample log, and the commands that it prints."""

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path

import pytest

from monitor.plan.case_rules import RuleTrigger
from monitor.plan.plan import read_plan
from tests.scenarios.commands import CommandResult, is_refused, run_tocsin
from tocsin.commands.init import InitOptions, ask, init, starter_plan
from tocsin.common.exits import Stop

FLAGS = (
    "--study", "T-9", "--arm", "Drug 10 mg", "--arm", "Drug 20 mg", "--arm", "Vehicle",
    "--control", "Vehicle", "--period", "Double blind", "--period", "Extension",
    "--group", "clots=Pulmonary embolism; DVT", "--rate", 'clots=1.25 The "Register" of 2019',
)  # fmt: skip


def printed_commands(run: CommandResult) -> list[list[str]]:
    """Return the words of the indented commands that `init` printed."""
    assert run.code == 0, run
    lines = run.stdout.splitlines()
    return [shlex.split(line) for line in lines if line.startswith("  tocsin ")]


@pytest.mark.parametrize("flags", [(), FLAGS], ids=["defaults", "flags"])
def test_the_next_commands_work_as_printed(tmp_path: Path, flags: tuple[str, ...]):
    """The plan passes its check without a warning of design, and the sample log is accepted."""
    folder = tmp_path / "my study"
    commands = printed_commands(run_tocsin("init", folder, *flags))

    assert [words[1] for words in commands] == ["check", "validate", "replay", *["ingest"] * 2]
    check, validated, replayed = (run_tocsin(*words[1:]) for words in commands[:3])
    assert (check.code, validated.code, replayed.code) == (0, 0, 0)
    assert "none would be refused" in validated.stdout
    assert "as-treated" not in check.stderr and "death" in check.stdout
    assert "rule/deaths" in replayed.stdout and "refused" not in replayed.stdout


def test_the_plan_has_what_the_flags_say(tmp_path: Path):
    """Arms, control, periods, groups, rates, and two rules; a comment explains each table."""
    assert run_tocsin("init", tmp_path / "s", *FLAGS).code == 0
    toml = (tmp_path / "s" / "plan.toml").read_text(encoding="utf-8")
    plan = read_plan(toml)

    assert (plan.study, plan.control) == ("T-9", "vehicle")
    assert plan.active_treatments == ("drug_10_mg", "drug_20_mg")
    assert [(each.id, each.randomised) for each in plan.periods] == [
        ("double_blind", True),
        ("extension", False),
    ]
    assert {each.trigger for each in plan.case_rules} == {
        RuleTrigger.FATAL,
        RuleTrigger.LIFE_THREATENING_AND_RELATED,
    }
    assert sum(watch.share or 0 for watch in plan.watches) == pytest.approx(1)
    assert tomllib.loads(toml)["watches"][-1]["source"] == 'The "Register" of 2019'
    assert toml.count("#") > 10


def test_nothing_is_overwritten_without_force(tmp_path: Path):
    """A plan that was reviewed is not lost to a second run."""
    folder = tmp_path / "s"
    assert run_tocsin("init", folder).code == 0
    (folder / "plan.toml").write_text("mine")

    assert is_refused(run_tocsin("init", folder), 2, "exists", "--force")
    assert (folder / "plan.toml").read_text() == "mine"
    assert run_tocsin("init", folder, "--force").code == 0
    assert (folder / "plan.toml").read_text() != "mine"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (InitOptions(arms=("drug",)), "--arm: .*two or more"),
        (InitOptions(arms=("A", "a")), "--arm: .*different names"),
        (InitOptions(arms=("A", "B")), "--control NAME"),
        (InitOptions(arms=("A", "B"), control="C"), "name one of"),
        (InitOptions(study="my study"), "--study .*A-Z"),
        (InitOptions(groups=("clots",)), "NAME=TERM"),
        (InitOptions(groups=("a b=DVT",)), "line"),
        (InitOptions(rates=("clots=1",)), "GROUP=RATE SOURCE"),
        (InitOptions(groups=("c=DVT",), rates=("c=much R",)), "GROUP=RATE SOURCE"),
        (InitOptions(groups=("c=DVT",), rates=("c=-1 R",)), "rate"),
        (InitOptions(periods=("a", "a")), "period"),
    ],
)
def test_what_makes_no_plan_is_refused(tmp_path: Path, options: InitOptions, text: str):
    """The message says what to give; nothing is written."""
    with pytest.raises(Stop, match=text) as stopped:
        init(tmp_path / "s", options=options)
    assert stopped.value.code == 2 and not (tmp_path / "s").exists()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path):
    """A file is in the way."""
    (tmp_path / "file").write_text("")
    assert is_refused(run_tocsin("init", tmp_path / "file" / "s"), 2, "cannot be written")


def test_what_no_flag_gives_is_asked_for():
    """The control is asked for where no arm is called placebo; empty answers are defaults."""
    answers = iter(["T-1", "A, B", "B", "", "clots=DVT", "", "clots=2 Register", ""])
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return next(answers)

    plan, term = starter_plan(ask(InitOptions(), answer))

    assert (plan.study, plan.treatments, term) == ("T-1", ("b", "a"), "DVT")
    assert [watch.id for watch in plan.watches] == ["serious-a", "clots-a"]
    assert len(asked) == 8 and next(answers, None) is None
    assert starter_plan(ask(InitOptions(), lambda question: ""))[0].control == "placebo"
