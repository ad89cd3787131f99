"""Reading plans: an inconsistent plan is rejected with its line and a remedy."""

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
    """The error that reading the plan *toml* raises."""
    with pytest.raises(PlanError) as caught:
        read_plan(toml)
    return caught.value


@pytest.mark.parametrize("name", FAULTS)
def test_an_inconsistent_plan_names_its_line_and_a_remedy(name: str):
    """The author can go to the line and apply the remedy without guessing."""
    _, _, problem, remedy = FAULTS[name]

    error = plan_error(faulty_plan(name))

    assert problem in error.problem
    assert remedy in error.remedy
    assert error.line == line_at_fault(name)
    assert str(error) == f"line {error.line}: {error.problem}. {error.remedy}"


def test_every_error_of_the_reader_is_raised_by_a_fault():
    """An error that no fault raises is dead code, and an untested one may name a wrong line."""
    reached = {raised_at(plan_error(faulty_plan(name)).__traceback__) for name in FAULTS}
    raised = {
        (path.name, node.lineno, node.end_lineno or node.lineno)
        for path in PLAN_MODULES
        for node in ast.walk(syntax_of(path))
        if isinstance(node, ast.Raise)
    }

    unreached = {
        f"{file}:{first}"
        for file, first, last in raised
        if not any(name == file and first <= line <= last for name, line in reached)
    }
    assert unreached == set()


def syntax_of(path: Path) -> ast.Module:
    """The syntax tree of the product file at *path*."""
    return next(one for one in sources() if ROOT / one.path == path).tree


def raised_at(trace: TracebackType | None) -> tuple[str, int]:
    """The file name and line that raised."""
    assert trace is not None
    while trace.tb_next is not None:
        trace = trace.tb_next
    return Path(trace.tb_frame.f_code.co_filename).name, trace.tb_lineno


def test_a_plan_is_read_with_all_its_settings():
    """Every setting of the file is in the plan; an omitted one has its documented default."""
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


def test_a_plan_is_read_with_its_groups():
    """A group is the conjunction of the conditions that are set."""
    clots, adjudicated, haemolysis = read_plan(PLAN).groups

    assert (clots.name, clots.title) == ("clots", "clots")
    assert clots.preferred_terms == {"dvt", "pe"} and clots.serious is None
    assert (adjudicated.adjudication, adjudicated.serious) == ("clots", True)
    assert adjudicated.action_taken == {"drug_withdrawn"} and adjudicated.outcome == {"fatal"}
    assert haemolysis.preferred_terms == {"haemolysis"}
    assert haemolysis.term_pair == TermPair(
        first_terms=frozenset({"anaemia"}),
        second_terms=frozenset({"haemoglobinuria"}),
        within_days=14,
    )


def test_a_plan_is_read_with_its_watches():
    """A comparison of arms is in the first randomised period unless the plan names another."""
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


def test_a_plan_is_read_with_its_rules():
    """A case is unexpected by default, since the shorter deadline is the safe one."""
    plan = read_plan(PLAN)
    deaths, clots = plan.case_rules

    assert deaths == CaseRule(name="deaths", trigger=RuleTrigger.FATAL, group=None, expected=False)
    assert clots == CaseRule(
        name="any-clot", trigger=RuleTrigger.GROUP, group=plan.groups[0], expected=True
    )


def test_a_minimal_plan_has_the_documented_defaults():
    """The defaults are part of the plan, and as binding as its settings."""
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
    """The published example study has a valid plan."""
    text = ROOT.joinpath("studies", name, "plan.toml").read_text(encoding="utf-8")

    assert read_plan(text).sha256 == sha256(text.encode()).hexdigest()
