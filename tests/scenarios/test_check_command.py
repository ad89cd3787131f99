"""`tocsin check` as the author of a plan meets it, before the first subject is treated."""

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


def check_plan(folder: Path, toml: str) -> CommandResult:
    """What `tocsin check` says of the plan in *toml*."""
    plan = folder / "plan.toml"
    plan.write_text(toml, encoding="utf-8")
    return run_tocsin("check", plan, columns=100)


def test_a_plan_is_shown_with_what_its_watches_need(tmp_path: Path):
    """Boundaries are 1 / (alpha share); what is not judged has none."""
    done = check_plan(tmp_path, PLAN)

    assert (done.code, done.stderr) == (0, "")
    lines = [line.split() for line in done.stdout.splitlines() if line.strip() and line[0] != " "]
    rows = {words[0]: words[1:] for words in lines}
    assert rows["clots"] == ["1", "0.5", "40", "8", "of", "8"]
    assert rows["clots-history"][:3] == ["1", "0.25", "80"]
    assert rows["any"] == ["3", "-", "-", "-"]
    assert "shares of 0.75 are spent, 0.25 is left" in done.stdout


def test_six_of_six_is_the_least_that_signals_at_twenty(tmp_path: Path):
    """47 v 48 patients and all of alpha: five events, all on treatment, are not enough."""
    done = check_plan(tmp_path, CONCURRENT + "share = 1\n")

    assert "20         6 of 6" in done.stdout


def test_a_plan_that_asks_for_more_events_gets_them(tmp_path: Path):
    """`minimum_events` is a floor under what the evidence needs."""
    done = check_plan(tmp_path, CONCURRENT + "share = 1\nminimum_events = 9\n")

    assert "9 of 9" in done.stdout


def test_a_claim_as_treated_is_warned_of(tmp_path: Path):
    """Where frail controls switch, the as-treated comparison rings too often (to 0.098 at 0.05)."""
    as_treated = check_plan(tmp_path, CONCURRENT + 'share = 1\nanalysis = "as_treated"\n')
    shown = check_plan(tmp_path, CONCURRENT + 'tier = 3\nanalysis = "as_treated"\n')

    assert as_treated.code == 0 and "warning: watch everything" in as_treated.stderr
    assert "as_randomised" in as_treated.stderr and "warning" not in as_treated.stdout
    assert "as treated" not in shown.stderr


def test_a_watch_level_above_the_boundary_is_warned_of(tmp_path: Path):
    """Such a watch would never say `watch` before it signals."""
    done = check_plan(tmp_path, CONCURRENT + "share = 1\nwatch_level = 20\n")

    assert "already signals" in done.stderr


@pytest.mark.parametrize("name", ["cut off", "shares over 1", "no source", "unknown setting"])
def test_an_inconsistent_plan_ends_with_line_and_remedy(tmp_path: Path, name: str):
    """The same complaint as anywhere else, on stderr, and nothing on stdout."""
    done = check_plan(tmp_path, faulty_plan(name))

    _, _, says, remedy = FAULTS[name]
    assert is_refused(done, 2, f"plan.toml, line {line_at_fault(name)}:", says, remedy)
    assert done.stdout == ""


def test_a_plan_that_is_not_there_is_a_mistake_of_use(tmp_path: Path):
    """A directory, a missing file and bytes that are no text are each named."""
    (tmp_path / "plan.bin").write_bytes(b"\xff\xfe")

    assert is_refused(run_tocsin("check", tmp_path), 2, "Is a directory")
    assert is_refused(run_tocsin("check", tmp_path / "none.toml"), 2, "No such file")
    assert is_refused(run_tocsin("check", tmp_path / "plan.bin"), 2, "not UTF-8 text")


def test_the_plan_of_proderm_claims_as_randomised():
    """Escape was on deterioration: its as-treated watches are shown, not judged."""
    done = run_tocsin("check", ROOT / "studies" / "proderm" / "plan.toml")

    assert (done.code, done.stderr) == (0, "")
    assert "shares of 1 are spent, 0 is left" in done.stdout


def test_a_plan_is_shown_with_the_single_cases_that_ring(tmp_path: Path):
    """What somebody is called for on one case, and by when it is due."""
    done = check_plan(tmp_path, PLAN)

    assert (
        "Rule deaths raises an alert for any death: due 7 days from receipt if fatal" in done.stdout
    )
    assert (
        "Rule any-clot raises an alert for any case of clots: due 15 days from receipt (exp"
        in done.stdout
    )


def test_rules_that_leave_out_deaths_are_warned_of(tmp_path: Path):
    """A rule for what threatens life rings for no death that was not called a threat first."""
    rule = '[[rules]]\nname = "threats"\nwhen = "life_threatening_and_related"\n'
    done = check_plan(tmp_path, f"{CONCURRENT}share = 1\n{rule}")

    assert done.code == 0
    assert "warning: no rule raises an alert for every death" in done.stderr
