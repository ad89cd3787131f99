"""Holds every file to the budgets and habits of the style guide."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath
from statistics import median

import pytest

from tests.sources import Function, Source, sources

PRODUCT = {"monitor", "alerts", "streams", "board", "tocsin"}
DOUBLES = re.compile(r"mock(er)?|(Magic|Async)?Mock|monkey\w*|create_autospec|pytest_mock")
"""Names of test doubles that assert how they were called, and of patching."""


def line_count(function: Function) -> int:
    """How many lines a reader sees from the `def` to the end, the docstring among them."""
    return (function.end_lineno or 0) - function.lineno + 1


def working_lines(function: Function) -> int:
    """How many lines do something: the docstring explains them, and may be as long as it needs."""
    said = function.body[0] if ast.get_docstring(function) else None
    return line_count(function) - (0 if said is None else (said.end_lineno or 0) - said.lineno + 1)


def broken_budgets(source: Source) -> list[str]:
    """The budgets and habits of the style guide that *source* breaks."""
    rows = source.text.splitlines()
    opening = (ast.get_docstring(source.tree) or "").partition("\n")[0]
    code = [node for node in source.tree.body if not isinstance(node, ast.Expr)]
    found = {
        f"{len(rows)} lines, over 300": len(rows) > 300,
        f"{len(source.functions)} functions, over 15": len(source.functions) > 15,
        "a line over 100 columns": any(len(row) > 100 for row in rows),
        "no docstring that opens with a sentence": not opening.endswith("."),
        "no `from __future__ import annotations`": bool(code)
        and "__future__.annotations" not in source.imports,
    }
    long = {f"{each.name} is over 40 lines": line_count(each) > 40 for each in source.functions}
    return [fault for fault, broken in {**found, **long}.items() if broken]


def mock_names(source: Source) -> list[str]:
    """The names in *source* of test doubles that record their calls."""
    nodes = list(ast.walk(source.tree))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    names |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    names |= {part for name in source.imports for part in name.split(".")}
    return sorted(name for name in names if DOUBLES.fullmatch(name))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x = 1\n" * 301, "301 lines, over 300"),
        ("def f(): ...\n" * 16, "16 functions, over 15"),
        ("def f():\n" + "    x = 1\n" * 40, "f is over 40 lines"),
        (f"x = {'1' * 97}", "a line over 100 columns"),
        ('"""no sentence"""', "no docstring that opens with a sentence"),
        ("x = 1", "no `from __future__ import annotations`"),
    ],
)
def test_every_budget_can_be_overdrawn(text: str, fault: str):
    """A rule that nothing breaks is a rule that looks away."""
    assert fault in broken_budgets(Source(PurePosixPath("monitor/state/cell.py"), text))


def test_every_file_keeps_within_its_budget():
    """Files and functions are short enough to be read whole, and say what they are for."""
    assert {str(one.path): broken_budgets(one) for one in sources() if broken_budgets(one)} == {}


def test_the_median_function_is_under_eight_lines():
    """Most functions of the product do one thing."""
    product = [source for source in sources() if source.path.parts[0] in PRODUCT]

    assert median(working_lines(each) for one in product for each in one.functions) < 8


def test_every_test_says_what_it_shows():
    """A test's name is a sentence and its docstring is the reason."""
    tests = [(one.path.name, each) for one in sources() for each in one.functions]
    silent = [
        f"{name}: {each.name}"
        for name, each in tests
        if name.startswith("test_") and each.name.startswith("test_")
        if not ast.get_docstring(each)
    ]

    assert silent == []


def test_no_test_asks_how_a_double_was_called():
    """Builders and fakes only: a double that records calls tests the code against itself."""
    tests = [source for source in sources() if source.path.parts[0] == "tests"]

    assert {str(one.path): mock_names(one) for one in tests if mock_names(one)} == {}
