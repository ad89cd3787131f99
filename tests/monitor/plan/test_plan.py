"""Holds the plan to its promise: an inconsistent one does not exist, and says what to mend."""

from __future__ import annotations

import ast
from hashlib import sha256
from pathlib import Path
from types import TracebackType

import pytest

from monitor.dates import Imputation
from monitor.plan.case_rules import CaseRule, RuleTrigger
from monitor.plan.plan import PlanError, read_plan
from monitor.plan.settings import DataLimits
from monitor.plan.watch import Analysis, ControlKind, ReferenceRate, RiskSetBasis, TimeScale
from monitor.terms import ANY, TermPair
from tests.monitor.plan.plans import FAULTS, MINIMAL_PLAN, PLAN, faulty_plan, line_at_fault
from tests.paths import ROOT
from tests.sources import sources

PLAN_MODULES = sorted(ROOT.joinpath("monitor", "plan").glob("*.py"))


def plan_error(toml: str) -> PlanError:
    """What is wrong with the plan in *toml*."""
    with pytest.raises(PlanError) as caught:
        read_plan(toml)
    return caught.value


@pytest.mark.parametrize("name", FAULTS)
def test_an_inconsistent_plan_names_its_line_and_a_remedy(name: str):
    """Whoever wrote the plan goes to the line and does what is said; nothing is guessed."""
    _, _, says, remedy = FAULTS[name]

    error = plan_error(faulty_plan(name))

    assert says in error.problem
    assert remedy in error.remedy
    assert error.line == line_at_fault(name)
    assert str(error) == f"line {error.line}: {error.problem}. {error.remedy}"


def test_every_complaint_of_the_reader_is_in_the_table():
    """A complaint that no plan can draw is dead, and one that no test draws may name any line."""
    drawn = {raised_at(plan_error(faulty_plan(name)).__traceback__) for name in FAULTS}
    raised = {
        (path.name, node.lineno, node.end_lineno or node.lineno)
        for path in PLAN_MODULES
        for node in ast.walk(syntax_of(path))
        if isinstance(node, ast.Raise)
    }

    silent = {
        f"{file}:{first}"
        for file, first, last in raised
        if not any(at == file and first <= line <= last for at, line in drawn)
    }
    assert silent == set()


def syntax_of(path: Path) -> ast.Module:
    """The syntax of the product's file at *path*."""
    return next(one for one in sources() if ROOT / one.path == path).tree


def raised_at(trace: TracebackType | None) -> tuple[str, int]:
    """The file and line that raised."""
    assert trace is not None
    while trace.tb_next is not None:
        trace = trace.tb_next
    return Path(trace.tb_frame.f_code.co_filename).name, trace.tb_lineno


def test_a_plan_reads_back_as_meant():
    """Every setting of the file is in the plan, and what it leaves out has the documented value."""
    plan = read_plan(PLAN)

    assert (plan.study, plan.title, plan.alpha, plan.q) == ("STUDY-1", "A trial", 0.05, 0.1)
    assert (plan.control, plan.active_treatments) == ("placebo", ("drug", "more.drug"))
    assert [(one.id, one.title, one.randomised) for one in plan.periods] == [
        ("run-in", "run-in", False),
        ("double-blind", "Weeks 0 to 16", True),
    ]
    assert plan.partial_date_rule is Imputation.LAST_DAY
    assert (plan.window_days, plan.data_limits) == (14, DataLimits(90, 30, 45))
    assert plan.instruments == {"TIS"} and plan.responder_thresholds == (20.0, 40.5)


def test_a_plan_reads_its_groups_back_as_meant():
    """A group is the conjunction of what is given; what is not given asks nothing."""
    clots, adjudicated, haemolysis = read_plan(PLAN).groups

    assert (clots.name, clots.title) == ("clots", "clots")
    assert clots.preferred_terms == {"DVT", "PE"} and clots.serious is None
    assert (adjudicated.adjudication, adjudicated.serious) == ("clots", True)
    assert adjudicated.action_taken == {"drug_withdrawn"} and adjudicated.outcome == {"fatal"}
    assert haemolysis.preferred_terms == {"Haemolysis"}
    assert haemolysis.term_pair == TermPair(
        first_terms=frozenset({"Anaemia"}),
        second_terms=frozenset({"Haemoglobinuria"}),
        within_days=14,
    )


def test_a_plan_reads_its_watches_back_as_meant():
    """A comparison of arms stands in the first randomised period unless the plan says where."""
    plan = read_plan(PLAN)
    clots, history, everything = plan.watches

    assert (clots.control_kind, clots.control, clots.share) == (
        ControlKind.CONCURRENT,
        "placebo",
        0.5,
    )
    assert clots.risk_set_basis == RiskSetBasis(
        period="double-blind", analysis=Analysis.AS_RANDOMISED, time_scale=TimeScale.STUDY
    )
    assert clots.signal_level(plan.alpha) == pytest.approx(40)
    assert (history.control_kind, history.period, history.risk_set_basis) == (
        ControlKind.REFERENCE,
        "run-in",
        None,
    )
    assert history.reference_rate == ReferenceRate(
        historical_events=20, historical_patient_years=400.0
    )
    assert (history.minimum_events, history.source) == (3, "A register")
    assert (everything.term, everything.tier, everything.share) == (ANY, 3, 0.0)
    assert {watch.watch_level for watch in plan.watches} == {4.0}
    assert plan.screening_basis == RiskSetBasis(
        period="double-blind", analysis=Analysis.AS_RANDOMISED, time_scale=TimeScale.STUDY
    )


def test_a_plan_reads_its_rules_back_as_meant():
    """A case is unexpected unless the plan says otherwise: the shorter clock is the safe one."""
    plan = read_plan(PLAN)
    deaths, clots = plan.case_rules

    assert deaths == CaseRule(name="deaths", trigger=RuleTrigger.FATAL, group=None, expected=False)
    assert clots == CaseRule(
        name="any-clot", trigger=RuleTrigger.GROUP, group=plan.groups[0], expected=True
    )


def test_a_plan_that_says_little_means_what_the_reference_says():
    """The defaults are part of the plan: they are as binding as what is written."""
    plan = read_plan(f"{MINIMAL_PLAN}[[periods]]\nid = 'p'\n")

    assert (plan.title, plan.alpha, plan.q) == ("A", 0.05, 0.1)
    assert (plan.window_days, plan.data_limits) == (28, DataLimits(180, 30, 60))
    assert plan.partial_date_rule is Imputation.FIRST_DAY
    assert plan.periods[0].randomised and plan.screening_basis.analysis is Analysis.AS_TREATED
    assert (plan.groups, plan.watches, plan.instruments) == ((), (), frozenset())
    assert plan.case_rules == ()


def test_a_window_may_have_no_end():
    """Some trials follow a treatment until the next one starts."""
    assert (
        read_plan(PLAN.replace("window_days = 14", 'window_days = "unbounded"')).window_days is None
    )


@pytest.mark.parametrize("name", ["proderm"])
def test_the_plans_of_the_studies_are_consistent(name: str):
    """What the project shows others, it holds to its own rules."""
    text = ROOT.joinpath("studies", name, "plan.toml").read_text(encoding="utf-8")

    assert read_plan(text).sha256 == sha256(text.encode()).hexdigest()
