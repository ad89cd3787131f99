"""Tests `tocsin check`, which checks a plan before the first subject is treated."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.monitor.plan.plans import FAULTS, PLAN, faulty_plan, line_at_fault
from tests.paths import ROOT
from tests.scenarios.commands import CommandResult, is_refused, run_tocsin

CONCURRENT = """\
study = "S"
treatments = { control = "placebo", active = ["drug"] }
periods = [{ id = "first" }]

[[watches]]
id = "everything"
any = true
"""


def other_warnings(stderr: str) -> list[str]:
    """Return the warnings other than the one that every reference watch has."""
    warnings = " ".join(stderr.split()).split("warning: ")[1:]
    return [each for each in warnings if "keeps its error rate only if" not in each]


def check_plan(folder: Path, toml: str) -> CommandResult:
    """Run `tocsin check` on the plan in *toml*."""
    plan = folder / "plan.toml"
    plan.write_text(toml, encoding="utf-8")
    return run_tocsin("check", plan, columns=100)


def test_a_plan_is_shown_with_the_boundaries_of_its_watches(tmp_path: Path):
    """A boundary is 1 / (alpha share); a watch of tier 3 has none."""
    run = check_plan(tmp_path, PLAN)

    assert (run.code, other_warnings(run.stderr)) == (0, [])
    lines = [line.split() for line in run.stdout.splitlines() if line.strip() and line[0] != " "]
    rows = {words[0]: words[1:] for words in lines}
    assert rows["clots"] == ["1", "0.5", "40", "8", "of", "8"]
    assert rows["clots-history"][:3] == ["1", "0.25", "80"]
    assert rows["any"] == ["3", "-", "-", "-"]
    assert "shares of 0.75 are spent, 0.25 is left" in run.stdout


def test_six_of_six_is_the_least_that_signals_at_twenty(tmp_path: Path):
    """With all of alpha, five events that are all on treatment do not reach the boundary."""
    run = check_plan(tmp_path, CONCURRENT + "share = 1\n")

    assert "20         6 of 6" in run.stdout


def test_minimum_events_raises_the_least_number_of_events(tmp_path: Path):
    """`minimum_events` is a lower limit besides the number that the evidence needs."""
    run = check_plan(tmp_path, CONCURRENT + "share = 1\nminimum_events = 9\n")

    assert "9 of 9" in run.stdout


def test_a_tested_as_treated_watch_gets_a_warning(tmp_path: Path):
    """Where frail controls switch, it signals too often: with probability 0.098 at alpha 0.05."""
    as_treated = check_plan(tmp_path, CONCURRENT + 'share = 1\nanalysis = "as_treated"\n')
    shown = check_plan(tmp_path, CONCURRENT + 'tier = 3\nanalysis = "as_treated"\n')

    assert as_treated.code == 0 and "warning: watch everything" in as_treated.stderr
    assert "as_randomised" in as_treated.stderr and "warning" not in as_treated.stdout
    assert "as treated" not in shown.stderr


def test_a_watch_level_above_the_boundary_gets_a_warning(tmp_path: Path):
    """Such a watch would never have the level `watch` before it signals."""
    run = check_plan(tmp_path, CONCURRENT + "share = 1\nwatch_level = 20\n")

    assert "already signals" in run.stderr


@pytest.mark.parametrize("name", ["cut off", "shares over 1", "no source", "unknown setting"])
def test_an_inconsistent_plan_ends_with_line_and_remedy(tmp_path: Path, name: str):
    """The message of the plan reader is on stderr, and stdout is empty."""
    run = check_plan(tmp_path, faulty_plan(name))

    _, _, message, remedy = FAULTS[name]
    assert is_refused(run, 2, f"plan.toml, line {line_at_fault(name)}:", message, remedy)
    assert run.stdout == ""


def test_a_plan_file_that_cannot_be_read_is_a_usage_error(tmp_path: Path):
    """A directory, a missing file and bytes that are not text each have a message."""
    (tmp_path / "plan.bin").write_bytes(b"\xff\xfe")

    assert is_refused(run_tocsin("check", tmp_path), 2, "Is a directory")
    assert is_refused(run_tocsin("check", tmp_path / "none.toml"), 2, "No such file")
    assert is_refused(run_tocsin("check", tmp_path / "plan.bin"), 2, "not UTF-8 text")


def test_the_plan_of_proderm_tests_as_randomised():
    """Subjects switch on deterioration, so its as-treated watches are shown and not tested."""
    run = run_tocsin("check", ROOT / "studies" / "proderm" / "plan.toml")

    assert (run.code, other_warnings(run.stderr)) == (0, [])
    assert "shares of 1 are spent, 0 is left" in run.stdout


def test_a_plan_is_shown_with_its_case_rules(tmp_path: Path):
    """Each case rule is shown with its deadline from receipt."""
    run = check_plan(tmp_path, PLAN)

    assert (
        "Rule deaths raises an alert for any death: due 7 days from receipt if fatal" in run.stdout
    )
    assert (
        "Rule any-clot raises an alert for any case of clots: due 15 days from receipt (exp"
        in run.stdout
    )


def test_case_rules_that_omit_deaths_get_a_warning(tmp_path: Path):
    """A rule for life-threatening cases misses deaths that are not reported as such."""
    rule = '[[rules]]\nname = "threats"\nwhen = "life_threatening_and_related"\n'
    run = check_plan(tmp_path, f"{CONCURRENT}share = 1\n{rule}")

    assert run.code == 0
    assert "warning: no rule raises an alert for every death" in run.stderr
